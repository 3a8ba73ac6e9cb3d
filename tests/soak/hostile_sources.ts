/** VNC servers that are none. */
import { GREETING, listenTcp, readToEnd, type TcpSource, writeAll } from "../fakes/tcp_source.ts";
import { Seeded } from "../fakes/seeded.ts";

const chance = new Seeded(4_502);
const noise = (bytes: number) => Uint8Array.from({ length: bytes }, () => chance.below(256));

/** Scripts by name, each of which a session survives as an error with a code. */
const SCRIPTS: Record<string, (conn: Deno.TcpConn) => Promise<unknown>> = {
  silent: (conn) => readToEnd(conn),
  cut: (conn) => writeAll(conn, GREETING.subarray(0, chance.below(GREETING.length))),
  garbage: async (conn) => {
    await writeAll(conn, chance.below(2) === 0 ? noise(200) : new Uint8Array([...GREETING, ...noise(200)]));
    await readToEnd(conn);
  },
  huge: async (conn) => {
    // A refusal with a reason of 4 GiB.
    await writeAll(conn, new Uint8Array([...GREETING, 0, 255, 255, 255, 255, ...noise(1_000)]));
    await readToEnd(conn);
  },
};

/** Names of the hostile sources. */
export const HOSTILE: readonly string[] = Object.keys(SCRIPTS);

/** Starts them, each on a port of its own. */
export function listenHostilely(): Record<string, TcpSource> {
  return Object.fromEntries(
    Object.entries(SCRIPTS).map(([name, script]) => [name, listenTcp(async (conn) => void await script(conn))]),
  );
}
