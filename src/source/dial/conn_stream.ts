import type { ByteStream } from "../../bridge/byte_stream.ts";

type Conn = Deno.TcpConn | Deno.UnixConn;

/** A connection of the runtime as a ByteStream, with keep-alive on and Nagle off where it is TCP. */
export function wrapConn(conn: Conn): ByteStream {
  if ("setNoDelay" in conn) {
    conn.setNoDelay(true);
    conn.setKeepAlive(true);
  }
  const close = () => {
    try {
      conn.close();
    } catch {
      // Closed already: a second close throws BadResource.
    }
  };
  return {
    readable: conn.readable as ByteStream["readable"],
    // After a write that fails, conn.writable closes the connection, and with it what the source has sent before.
    writable: new WritableStream({ write: (bytes) => writeAll(conn, bytes), close, abort: close }),
    close,
  };
}

async function writeAll(conn: Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}
