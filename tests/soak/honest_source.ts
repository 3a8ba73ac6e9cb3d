/** A VNC server that sends what it is asked for, and checks what comes up. */
import type { ByteStream } from "../../src/bridge/byte_stream.ts";
import { type Pair, serve as playLogin } from "../fakes/rfb_security/serve.ts";
import { type FakeSource, playSource } from "../fakes/rfb_security/source.ts";
import { listenTcp, type TcpSource } from "../fakes/tcp_source.ts";
import { buildMessages, readFromViewer, WrongByte } from "./pattern.ts";

const BATCH_MESSAGES = 16;

interface HonestSourceOptions {
  /** How it lets viewers in. */
  readonly login: FakeSource;
  /** Whether pointer events arrive: not when viewers may only view. */
  readonly takesInput: boolean;
  /** Told of every byte that is not what was sent. */
  readonly onFault: (what: string) => void;
  /** Told of every viewer that is let in. */
  readonly onEntered?: () => void;
  /** Its certificate, if its login goes over TLS. */
  readonly certificate?: Pair;
}

/** Starts it on a port of its own. */
export function listenHonestly(options: HonestSourceOptions): TcpSource {
  const { login, takesInput, onFault, onEntered, certificate } = options;
  return listenTcp(async (conn) => {
    conn.setNoDelay(true);
    const wire = { readable: conn.readable, writable: conn.writable, close: () => close(conn) } as ByteStream;
    // A viewer that leaves during the login is no fault.
    const { stream, result } = await playLogin(wire, playSource(login), certificate);
    if (result === undefined) return;
    onEntered?.();
    try {
      await playDesktop(conn, stream, takesInput);
    } catch (thrown) {
      if (thrown instanceof WrongByte) onFault(thrown.message);
    } finally {
      stream.close();
    }
  });
}

async function playDesktop(conn: Deno.TcpConn, stream: ByteStream, takesInput: boolean): Promise<void> {
  const reader = stream.readable.getReader({ mode: "byob" });
  const writer = stream.writable.getWriter();
  const read = async (bytes: number) => {
    const { value } = await reader.read(new Uint8Array(bytes), { min: bytes });
    if (value?.length !== bytes) throw new Error("The viewer has left");
    return new DataView(value.buffer, value.byteOffset, bytes);
  };
  for (let sent = 0, pointers = 0;;) {
    const asked = await readFromViewer(read);
    if (typeof asked === "number") {
      if (asked !== ++pointers) throw new WrongByte(`pointer event ${asked} came as number ${pointers}`);
      continue;
    }
    const expected = takesInput ? asked.pointers : 0;
    if (pointers !== expected) throw new WrongByte(`${pointers} of ${expected} pointer events came up`);
    for (const end = sent + asked.messages; sent < end;) {
      const count = Math.min(BATCH_MESSAGES, end - sent);
      await writer.write(buildMessages(sent, count));
      sent += count;
    }
    if (!asked.closes) continue;
    // An unread byte at close would reset the connection, and the loss would be this source's.
    await conn.closeWrite();
    while (!(await reader.read(new Uint8Array(256))).done);
    return;
  }
}

function close(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}
