/** HTTP/2 (RFC 9113) without TLS, with readers that take nothing: streams whose flow-control window is zero. */
import { writeAll } from "./tcp_source.ts";

const PREFACE = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const HEADERS = 1;
const SETTINGS = 4;
const END_OF_STREAM_AND_HEADERS = 5;
/** SETTINGS_INITIAL_WINDOW_SIZE = 0. */
const NO_WINDOW = Uint8Array.of(0, 4, 0, 0, 0, 0);

/** What is asked for. */
export interface StarvedRequest {
  readonly port: number;
  readonly path: string;
  readonly streams: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Opens a connection and asks for a path on many streams; disposing of it ends all. */
export async function starveStreams({ port, path, streams, headers = {} }: StarvedRequest): Promise<Disposable> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const authority = `127.0.0.1:${port}`;
  // Fields of the static table (RFC 7541, appendix A): GET is 2, http is 6; the names :authority 1 and :path 4.
  const fields = [0x82, 0x86, 1, ...text(authority), 4, ...text(path), ...Object.entries(headers).flatMap(literal)];
  const asked = Array.from(
    { length: streams },
    (_, at) => frame(HEADERS, END_OF_STREAM_AND_HEADERS, at * 2 + 1, Uint8Array.from(fields)),
  );
  await writeAll(conn, concat([PREFACE, frame(SETTINGS, 0, 0, NO_WINDOW), ...asked]));
  readOn(conn);
  return { [Symbol.dispose]: () => conn.close() };
}

async function readOn(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(16 * 1024);
  try {
    while (await conn.read(buffer) !== null);
  } catch {
    // Closed.
  }
}

function literal([name, value]: [string, string]): number[] {
  return [0, ...text(name), ...text(value)];
}

function text(value: string): number[] {
  return [value.length, ...new TextEncoder().encode(value)];
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Uint8Array {
  const head = new Uint8Array(9);
  const view = new DataView(head.buffer);
  view.setUint8(1, payload.length >> 8);
  view.setUint8(2, payload.length & 0xff);
  view.setUint8(3, type);
  view.setUint8(4, flags);
  view.setUint32(5, stream);
  return concat([head, payload]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
