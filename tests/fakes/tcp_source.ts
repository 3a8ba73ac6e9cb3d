/** A TCP listener that runs a script for each connection: for sources that no RFB server would be. */

/** The version that a VNC server sends first. */
export const GREETING = new TextEncoder().encode("RFB 003.008\n");

/** A scripted source; disposing of it closes the listener and every connection. */
export interface TcpSource extends AsyncDisposable {
  readonly port: number;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Resolves when every script has ended. */
  settled(): Promise<void>;
}

/** Listens on a port of its own and runs the script for each connection, which is closed when the script ends. */
export function listenTcp(script: (conn: Deno.TcpConn, at: number) => Promise<void> | void): TcpSource {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const conns = new Set<Deno.TcpConn>();
  const scripts: Promise<void>[] = [];
  let accepted = 0;
  const serve = async (conn: Deno.TcpConn) => {
    conns.add(conn);
    try {
      await script(conn, accepted++);
    } catch {
      // The other side went away: the test says whether it should have.
    }
    close(conn);
    conns.delete(conn);
  };
  const accepting = (async () => {
    for await (const conn of listener) scripts.push(serve(conn));
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    get accepted() {
      return accepted;
    },
    settled: async () => void await Promise.all(scripts),
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const conn of conns) close(conn);
      await accepting.catch(() => {});
      await Promise.all(scripts);
    },
  };
}

/** A source that greets, and then takes everything and says nothing more. */
export function listenPatiently(): TcpSource {
  return listenTcp(async (conn) => {
    await writeAll(conn, GREETING);
    await readToEnd(conn);
  });
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}

/** Writes all of it. */
export async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

/** Reads exactly this many bytes. @throws Error when the stream ends before. */
export async function readExactly(conn: Deno.Conn, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const read = await conn.read(bytes.subarray(at));
    if (read === null) throw new Error(`Ended after ${at} of ${count} bytes`);
    at += read;
  }
  return bytes;
}

/** Reads and forgets until the other side ends; gives the count. */
export async function readToEnd(conn: Deno.Conn): Promise<number> {
  const bytes = new Uint8Array(64 * 1024);
  let total = 0;
  for (let read; (read = await conn.read(bytes).catch(() => null)) !== null;) total += read;
  return total;
}

/** A listener that accepts nothing, with its backlog full. */
export async function fillBacklog(hostname = "127.0.0.1"): Promise<{ port: number } & AsyncDisposable> {
  const listener = Deno.listen({ hostname, port: 0, tcpBacklog: 1 });
  const { port } = listener.addr as Deno.NetAddr;
  const conns: Deno.Conn[] = [];
  // Twice in a row, because a busy machine may take that long to see one open. It must not hide one that has opened.
  const signal = () => Object.defineProperty(AbortSignal.timeout(200), "throwIfAborted", { value: () => {} });
  for (let unanswered = 0; unanswered < 2;) {
    const conn = await Deno.connect({ hostname, port, signal: signal() }).catch(() => undefined);
    unanswered = conn === undefined ? unanswered + 1 : 0;
    if (conn) conns.push(conn);
  }
  return {
    port,
    [Symbol.asyncDispose]() {
      for (const conn of conns) conn.close();
      listener.close();
      return Promise.resolve();
    },
  };
}
