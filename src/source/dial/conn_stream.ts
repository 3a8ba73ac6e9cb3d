import type { ByteStream } from "../../bridge/byte_stream.ts";

/** A connection of the runtime as a ByteStream, with keep-alive on and Nagle off where it is TCP. */
export function wrapConn(conn: Deno.TcpConn | Deno.UnixConn): ByteStream {
  if ("setNoDelay" in conn) {
    conn.setNoDelay(true);
    conn.setKeepAlive(true);
  }
  return {
    readable: conn.readable as ByteStream["readable"],
    writable: conn.writable as ByteStream["writable"],
    close: () => {
      try {
        conn.close();
      } catch {
        // Closed already: a second close throws BadResource.
      }
    },
  };
}
