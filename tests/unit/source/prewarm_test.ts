import { assert, assertEquals, assertMatch, assertRejects, fail } from "@std/assert";
import { Addresses } from "../../../src/source/addresses.ts";
import { createDialer } from "../../../src/source/dial/dial.ts";
import type { ByteStream } from "../../../src/bridge/byte_stream.ts";
import { createTrust } from "../../../src/source/trust.ts";
import { createMemoryStores } from "../../../src/store/memory_stores.ts";
import type { SourceConfig } from "../../../src/config/config.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { makeClientKey } from "../../../src/rfb/security/ra2.ts";
import { openPins } from "../../../src/source/pins.ts";
import { Prewarm } from "../../../src/source/prewarm.ts";
import { SourceLogin } from "../../../src/source/source_login.ts";
import { createLog } from "../../../src/telemetry/log.ts";
import { type FakeRfb, type FakeRfbOptions, startFakeRfb } from "../../fakes/rfb_server.ts";
import { waitUntil } from "../../fakes/wait_until.ts";

const neverAborted = new AbortController().signal;

/** Timers that run when the test says so. */
class ManualTimers {
  readonly waiting: { work: () => void; ms: number }[] = [];

  set = (work: () => void, ms: number) => {
    const timer = { work, ms };
    this.waiting.push(timer);
    return () => void this.waiting.splice(this.waiting.indexOf(timer), 1);
  };

  /** Lets the one pause there must be pass, and says how long it would have been. */
  pass(): number {
    assertEquals(this.waiting.length, 1);
    const { work, ms } = this.waiting.pop()!;
    work();
    return ms;
  }
}

/** A pool on a fake source; disposing of it checks that nothing is left open. */
class Rig implements AsyncDisposable {
  readonly timers = new ManualTimers();
  readonly lines: string[] = [];
  readonly held: ByteStream[] = [];
  readonly login: SourceLogin;
  readonly prewarm: Prewarm;
  ready = 0;
  room = 16;

  private constructor(readonly fake: FakeRfb, readonly source: SourceConfig) {
    const dial = createDialer({ openDemo: () => fail("No demo"), isDenied: () => false });
    const addresses = new Addresses({ stores: createMemoryStores(), dial });
    const parts = {
      trust: createTrust({ pins: openPins(createMemoryStores()) }),
      getClientKey: makeClientKey,
    };
    this.login = new SourceLogin(() => source, parts, addresses.get(source.target));
    this.prewarm = new Prewarm(() => source, {
      logInAhead: (signal) => this.login.logInAhead(signal),
      countRoom: () => this.room,
      log: createLog({ level: "debug", write: (line) => this.lines.push(line) }),
      onReady: () => this.ready++,
      setTimer: this.timers.set,
    });
  }

  static async start(prewarm: number, options: FakeRfbOptions = {}, password = "secret12"): Promise<Rig> {
    const fake = await startFakeRfb({ password: "secret12", ...options });
    return new Rig(fake, await makeSource(fake.port, prewarm, password));
  }

  /** Waits until so many are ready; each one is made after the fake has seen its login. */
  async untilReady(count: number): Promise<void> {
    await waitUntil(() => this.prewarm.count === count);
  }

  async untilSaid(words: string): Promise<void> {
    await waitUntil(() => this.lines.some((line) => line.includes(words)));
  }

  async untilPaused(): Promise<void> {
    await waitUntil(() => this.timers.waiting.length > 0);
  }

  async open(signal: AbortSignal = neverAborted) {
    const opened = await this.prewarm.open(signal);
    if (opened) this.held.push(opened.stream);
    return opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.prewarm.close();
    assertEquals(this.timers.waiting, []);
    for (const stream of this.held) stream.close();
    await this.fake.waitFor(({ live }) => live === 0);
    await this.fake.stop();
  }
}

async function makeSource(port: number, prewarm: number, password: string): Promise<SourceConfig> {
  const source = `{ host: 127.0.0.1, port: ${port}, password: ${password}, prewarm: ${prewarm} }`;
  const text = `auth: none\nsources:\n  pi: ${source}\n`;
  return (await loadConfig({ text, env: () => undefined })).config.sources.get("pi")!;
}

Deno.test("Prewarm keeps the configured number of connections, logged in up to ClientInit", async () => {
  await using rig = await Rig.start(2);
  rig.prewarm.begin();
  await rig.untilReady(2);
  assertEquals([rig.fake.live, rig.fake.accepted, rig.ready], [2, 2, 2]);
  assertEquals(rig.fake.seen("SecurityType").length, 2);
  assertEquals(rig.fake.seen("ClientInit"), []);
});

Deno.test("Prewarm does nothing for a source without prewarm", async () => {
  await using rig = await Rig.start(0);
  rig.prewarm.begin();
  assertEquals(await rig.open(), undefined);
  assertEquals(rig.fake.accepted, 0);
});

Deno.test("Prewarm opens over a ready connection, and replaces it", async () => {
  await using rig = await Rig.start(1);
  rig.prewarm.begin();
  await rig.untilReady(1);
  const opened = await rig.open();
  assertEquals([opened?.desktop.width, opened?.version, opened?.security], [64, "3.8", "VNC Authentication"]);
  assertEquals(rig.fake.seen("ClientInit"), [{ type: "ClientInit", shared: true }]);
  assert(opened?.stream === rig.held[0]);
  await rig.untilReady(1);
  assertEquals([rig.fake.live, rig.fake.accepted], [2, 2]);
});

Deno.test("Prewarm makes a viewer wait for a connection that is being made, instead of logging in once more", async () => {
  await using rig = await Rig.start(1);
  rig.prewarm.begin();
  assertEquals((await rig.open())?.desktop.width, 64);
  assertEquals(rig.fake.seen("ClientInit").length, 1);
});

Deno.test("Prewarm replaces connections that the source drops, after pauses that double until one is used", async () => {
  await using rig = await Rig.start(1);
  rig.prewarm.begin();
  const pauses = [];
  for (let drops = 1; drops <= 3; drops++) {
    await rig.untilReady(1);
    rig.fake.streams.at(-1)!.close();
    await rig.untilReady(0);
    pauses.push(rig.timers.pass());
  }
  assertEquals(pauses, [5_000, 10_000, 20_000]);
  await rig.untilReady(1);
  await rig.open();
  await rig.untilReady(1);
  rig.fake.streams.at(-1)!.reset();
  await rig.untilReady(0);
  assertEquals(rig.timers.waiting[0]?.ms, 5_000);
});

Deno.test("Prewarm pauses once when a source drops all of them at once", async () => {
  await using rig = await Rig.start(3);
  rig.prewarm.begin();
  await rig.untilReady(3);
  for (const stream of rig.fake.streams) stream.close();
  await rig.untilReady(0);
  assertEquals(rig.timers.waiting.length, 1);
});

Deno.test("Prewarm skips a connection that dies at ClientInit", async () => {
  await using rig = await Rig.start(1, { fault: { at: "init", then: "close", times: 1 } });
  rig.prewarm.begin();
  await rig.untilReady(1);
  assertEquals(await rig.open(), undefined);
  await rig.untilReady(1);
  assertEquals((await rig.open())?.desktop.width, 64);
});

Deno.test("Prewarm backs off from a source that refuses further connections", async () => {
  await using rig = await Rig.start(1, { fault: { at: "security", then: "refuse", reason: "Server is busy" } });
  rig.prewarm.begin();
  await rig.untilSaid("Server is busy");
  assertEquals(rig.timers.pass(), 5_000);
  await rig.fake.waitFor(({ accepted }) => accepted === 2);
});

Deno.test("Prewarm tells once why a server that closes at once cannot be prewarmed, and tries again until it can", async () => {
  await using rig = await Rig.start(1, { fault: { at: "connect", then: "close" } });
  rig.prewarm.begin();
  for (let accepted = 1; accepted < 4; accepted++) {
    await rig.fake.waitFor((seen) => seen.accepted === accepted);
    await rig.untilPaused();
    assertEquals(rig.timers.pass(), 5_000 * 2 ** (accepted - 1));
  }
  await rig.untilPaused();
  const told = rig.lines.filter((line) => line.includes("Cannot prewarm"));
  assertEquals(told.map((line) => line.includes(" DEBUG ")), [false, true, true, true], told.join("\n"));
  assertMatch(told[0]!, /closed the connection/);
});

Deno.test("Prewarm never tries a refused password again until a user asks for it", async () => {
  await using rig = await Rig.start(2, {}, "wrong");
  rig.prewarm.begin();
  await rig.untilSaid("until this is fixed");
  rig.prewarm.fill();
  rig.prewarm.begin();
  assertEquals([rig.fake.accepted, rig.timers.waiting.length], [1, 0]);
  rig.login.forgive();
  rig.prewarm.retry();
  await rig.fake.waitFor(({ accepted }) => accepted === 2);
});

Deno.test("Prewarm does not exceed the room that sessions leave", async () => {
  await using rig = await Rig.start(3);
  rig.room = 1;
  rig.prewarm.begin();
  await rig.untilReady(1);
  rig.prewarm.fill();
  assertEquals(rig.fake.accepted, 1);
  rig.room = 2;
  rig.prewarm.fill();
  await rig.untilReady(2);
  assertEquals(rig.fake.accepted, 2);
});

Deno.test("Prewarm aborts a login when it closes, and does not begin another", async () => {
  await using rig = await Rig.start(1, { fault: { at: "version", then: "stall" } });
  rig.prewarm.begin();
  await rig.fake.waitFor((fake) => fake.seen("ProtocolVersion").length === 1);
  await rig.prewarm.close();
  rig.prewarm.begin();
  await rig.fake.waitFor(({ live }) => live === 0);
  assertEquals(rig.fake.accepted, 1);
});

Deno.test("Prewarm's open() ends with the viewer's reason when the viewer leaves", async () => {
  await using rig = await Rig.start(1, { fault: { at: "init", then: "stall" } });
  rig.prewarm.begin();
  await rig.untilReady(1);
  const viewer = new AbortController();
  const opening = rig.open(viewer.signal);
  await rig.fake.waitFor((fake) => fake.seen("ClientInit").length === 1);
  viewer.abort(new Error("The viewer left"));
  await assertRejects(() => opening, Error, "The viewer left");
});
