/** Sources that let everybody in (RFB 3.8, security type None), and then do one thing. */
import { GREETING, listenTcp, readExactly, type TcpSource, writeAll } from "./tcp_source.ts";

/** Security types with None alone, SecurityResult, and a ServerInit without a name. */
const ANSWERS = [Uint8Array.of(1, 1), new Uint8Array(4), new Uint8Array(24)];

/** What they have sent when a viewer is in. */
export const ENTERED_BYTES = 12 + 2 + 4 + 24;

function listenOpenly(script: (conn: Deno.TcpConn) => Promise<void>): TcpSource {
  return listenTcp(async (conn) => {
    await writeAll(conn, GREETING);
    for (const [at, answer] of ANSWERS.entries()) {
      await readExactly(conn, at === 0 ? 12 : 1);
      await writeAll(conn, answer);
    }
    await script(conn);
  });
}

/** Sends back what it gets. */
export function listenEchoing(): TcpSource {
  return listenOpenly(async (conn) => {
    const bytes = new Uint8Array(64 * 1024);
    for (let read; (read = await conn.read(bytes)) !== null;) await writeAll(conn, bytes.slice(0, read));
  });
}

/** Sends zeros as fast as they are taken. */
export function listenFlooding(): TcpSource {
  return listenOpenly(async (conn) => {
    const bytes = new Uint8Array(64 * 1024);
    while (true) await writeAll(conn, bytes);
  });
}
