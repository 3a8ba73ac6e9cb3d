import { assert, assertEquals, assertRejects } from "@std/assert";
import { createDialer } from "../../../src/source/dial/dial.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { listenTcp, readToEnd } from "../../fakes/tcp_source.ts";
import { waitUntil } from "../../fakes/wait_until.ts";

async function readSource(place: string) {
  const { config } = await loadConfig({ text: `sources: { pi: "${place}" }`, env: () => undefined });
  return config.sources.get("pi")!;
}

const dial = createDialer({
  openDemo: () => {
    throw new Error("There is no demo here");
  },
  isDenied: () => false,
});

Deno.test("dial() does not leak a connection that opens at the moment of the abort", async () => {
  const open = new Set<Deno.Conn>();
  await using listener = listenTcp(async (conn) => {
    open.add(conn);
    await readToEnd(conn);
    open.delete(conn);
  });
  const source = await readSource(`127.0.0.1:${listener.port}`);
  let given = 0;
  for (let at = 0; at < 3_000; at++) {
    const abort = new AbortController();
    const dialed = dial(source, abort.signal);
    const give = () => abort.abort(new Error("The viewer left"));
    if (at % 10 === 0) give();
    const timer = setTimeout(give, at % 3);
    await dialed.then((stream) => stream.close(), () => given++);
    clearTimeout(timer);
  }
  assert(given > 0, "none was given up in time");
  await waitUntil(() => open.size === 0, "every connection to be closed");
});

Deno.test("dial() with an aborted signal contacts nothing, not even DNS", async () => {
  const source = await readSource("no-such-host.invalid");
  const reason = new Error("The viewer left");
  const failure = await assertRejects(() => dial(source, AbortSignal.abort(reason)), Error);
  assertEquals(failure.cause, reason);
});
