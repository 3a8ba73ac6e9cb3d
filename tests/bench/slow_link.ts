/** A link with a round trip of 50 ms, a process of its own: passes bytes to the port of its argument, each way 25 ms late. */
import { writeAll } from "../fakes/tcp_source.ts";

const ONE_WAY_MS = 25;
const LINGER_MS = 1000;

/** Chunks travel side by side, so that the delay limits no rate; they arrive in order because each waits for the one before. */
async function passLate(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
  let last = Promise.resolve();
  for await (const chunk of from.readable.values({ preventCancel: true })) {
    const late = new Promise<void>((done) => setTimeout(done, ONE_WAY_MS));
    const before = last;
    last = late.then(() => before).then(() => writeAll(to, chunk));
    last.catch(() => {});
  }
  await last;
}

async function link(near: Deno.TcpConn, port: number): Promise<void> {
  // The handshake of TCP takes a round trip too; the near end's own is local, so it is waited for here.
  await new Promise((done) => setTimeout(done, 2 * ONE_WAY_MS));
  const far = await Deno.connect({ hostname: "127.0.0.1", port });
  for (const end of [near, far]) end.setNoDelay(true);
  await Promise.race([passLate(near, far), passLate(far, near)]).catch(() => {});
  await new Promise((done) => setTimeout(done, LINGER_MS));
  for (const end of [near, far]) {
    try {
      end.close();
    } catch {
      // The stream has closed it.
    }
  }
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(listener.addr.port);
for await (const conn of listener) link(conn, Number(Deno.args[0])).catch(() => {});
