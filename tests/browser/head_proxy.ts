/** A reverse proxy in front of one gateway that spoils requests, or answers in the gateway's place. */
import { writeAll } from "../fakes/tcp_source.ts";

/** Takes the head of a request, without its empty line; returns the head to pass on, or an answer. */
export type EditHead = (head: string) => string | { readonly answer: string };

/** The head without these headers. */
export function dropHeaders(head: string, ...names: string[]): string {
  return head.split("\r\n").filter((line) => !names.some((name) => line.toLowerCase().startsWith(`${name}:`)))
    .join("\r\n");
}

/** Serves one request for each connection. */
export class HeadProxy implements AsyncDisposable {
  /** What happens to requests from now on. */
  edit: EditHead = (head) => head;
  readonly port: number;
  readonly #target: number;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;

  constructor(target: number) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept();
  }

  /** Drops every connection; later ones are served. */
  drop(): void {
    for (const connection of this.#connections) close(connection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.drop();
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    const served: Promise<void>[] = [];
    for await (const near of this.#listener) served.push(this.#serve(near).catch(() => {}).finally(() => close(near)));
    await Promise.all(served);
  }

  async #serve(near: Deno.TcpConn): Promise<void> {
    this.#connections.add(near);
    const [head, rest] = await readHead(near);
    const isUpgrade = /^upgrade:/im.test(head);
    const edited = this.edit(isUpgrade ? head : `${dropHeaders(head, "connection")}\r\nConnection: close`);
    if (typeof edited !== "string") return await writeAll(near, encode(edited.answer));
    const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
    this.#connections.add(far);
    await writeAll(far, encode(`${edited}\r\n\r\n`));
    await writeAll(far, rest);
    const pipe = (from: Deno.TcpConn, to: Deno.TcpConn) => from.readable.pipeTo(to.writable).catch(() => {});
    await Promise.race([pipe(near, far), pipe(far, near)]);
    close(far);
  }
}

const encode = (text: string) => new TextEncoder().encode(text);

/** The head of a request without its empty line, and what came after it. */
async function readHead(conn: Deno.TcpConn): Promise<[string, Uint8Array]> {
  const buffer = new Uint8Array(64 * 1024);
  let size = 0;
  for (;;) {
    const text = new TextDecoder("latin1").decode(buffer.subarray(0, size));
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) return [text.slice(0, end), buffer.slice(end + 4, size)];
    const count = await conn.read(buffer.subarray(size));
    if (count === null) throw new Error("The browser closed the connection");
    size += count;
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already, by the other side's end
  }
}
