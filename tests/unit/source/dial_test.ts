import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createDialer } from "../../../src/source/dial/dial.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { fillBacklog, listenTcp, readToEnd } from "../../fakes/tcp_source.ts";
import { testWith } from "../../live/programs.ts";
import { waitUntil } from "../../fakes/wait_until.ts";

async function readSource(place: string) {
  const { config } = await loadConfig({ text: `sources: { pi: "${place}" }`, env: () => undefined });
  return config.sources.get("pi")!;
}

function openDemo(): never {
  throw new Error("There is no demo here");
}

const dial = createDialer({ openDemo, isDenied: () => false });

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

Deno.test("dial() does not leak a connection that opens while the machine is too busy to see it", async () => {
  await using listener = listenTcp(async (conn) => void await readToEnd(conn));
  const source = await readSource(`127.0.0.1:${listener.port}`);
  const { connect } = Deno;
  using stack = new DisposableStack();
  stack.defer(() => Deno.connect = connect);
  const abort = { now: () => {}, forget: () => {} };
  Deno.connect = ((options: Deno.ConnectOptions) => {
    const connecting = connect(options);
    const timer = setTimeout(() => abort.now(), 0);
    abort.forget = () => clearTimeout(timer);
    for (const endMs = performance.now() + 3; performance.now() < endMs;);
    return connecting;
  }) as typeof Deno.connect;
  let given = 0;
  for (let at = 0; at < 200; at++) {
    const controller = new AbortController();
    abort.now = () => controller.abort(new DOMException("Too late", "TimeoutError"));
    await dial(source, controller.signal).then((stream) => stream.close(), () => given++);
    abort.forget();
  }
  assert(given > 0, "none was given up in time");
});

Deno.test("dial() with an aborted signal contacts nothing, not even DNS", async () => {
  const source = await readSource("no-such-host.invalid");
  const reason = new Error("The viewer left");
  const failure = await assertRejects(() => dial(source, AbortSignal.abort(reason)), Error);
  assertEquals(failure.cause, reason);
});

/** Listens on the loopback and dials a name that has these addresses; returns what connected, or why nothing did. */
async function dialName(addresses: readonly string[], denied: readonly string[] = []): Promise<string> {
  await using listener = listenTcp(async (conn) => void await readToEnd(conn));
  const source = await readSource(`desk.example:${listener.port}`);
  const dial = createDialer({
    openDemo,
    isDenied: (address) => denied.includes(address),
    lookUp: () => Promise.resolve([...addresses]),
  });
  try {
    const stream = await dial(source, new AbortController().signal);
    stream.close();
    return "connected";
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

Deno.test("dial() tries every address of a name, of both families", async () => {
  // Only 127.0.0.1 listens.
  assertEquals(await dialName(["127.0.0.2", "127.0.0.1"]), "connected");
  assertEquals(await dialName(["::1", "127.0.0.2", "127.0.0.3", "127.0.0.1"]), "connected");
  assertMatch(await dialName(["127.0.0.2", "127.0.0.3"]), /^Cannot reach pi: (?!its address)/);
});

Deno.test("dial() leaves out denied addresses, and dials the others", async () => {
  assertEquals(await dialName(["127.0.0.1"], ["127.0.0.1"]), "Cannot reach pi: its address is in deny_networks");
  assertMatch(await dialName(["127.0.0.1", "127.0.0.2"], ["127.0.0.1"]), /^Cannot reach pi: (?!its address)/);
  assertEquals(await dialName(["127.0.0.2", "127.0.0.1"], ["127.0.0.2"]), "connected");
});

testWith(
  [],
  "dial() does not wait for an address that does not answer",
  async () => {
    await using silent = await fillBacklog("127.0.0.2");
    using listener = Deno.listen({ hostname: "127.0.0.1", port: silent.port });
    const lookUp = () => Promise.resolve(["127.0.0.2", "127.0.0.1"]);
    const dial = createDialer({ openDemo, isDenied: () => false, lookUp });
    const stream = await dial(await readSource(`desk.example:${silent.port}`), new AbortController().signal);
    stream.close();
    (await listener.accept()).close();
  },
  // Only Linux has all of 127.0.0.0/8.
  Deno.build.os === "linux" ? [] : ["Linux"],
);
