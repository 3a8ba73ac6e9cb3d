/** What probes do to servers that take connections amiss. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { SourceConfig } from "../../../src/config/config.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { makeClientKey } from "../../../src/rfb/security/ra2.ts";
import { Addresses } from "../../../src/source/addresses.ts";
import { createDialer } from "../../../src/source/dial/dial.ts";
import { openPins } from "../../../src/source/pins.ts";
import type { Source } from "../../../src/source/source.ts";
import { Sources } from "../../../src/source/sources.ts";
import { createTrust } from "../../../src/source/trust.ts";
import { Turn } from "../../../src/source/turn.ts";
import { createMemoryStores } from "../../../src/store/memory_stores.ts";
import type { Stores } from "../../../src/store/store.ts";
import { createLog } from "../../../src/telemetry/log.ts";
import { ManualTimers } from "../../fakes/manual_timers.ts";
import { startTouchyServer, type Temper, type TouchyServer } from "../../fakes/touchy_server.ts";
import { waitUntil } from "../../fakes/wait_until.ts";

const MINUTE_MS = 60_000;

/** A source on a touchy server, as it is for one run of the gateway. */
class Rig implements AsyncDisposable {
  readonly timers = new ManualTimers();
  source!: Source;
  sources!: Sources;
  addresses!: Addresses;

  private constructor(readonly server: TouchyServer, readonly config: SourceConfig, readonly stores: Stores) {
    this.restart();
  }

  static async start(temper: Temper, settings: Record<string, unknown> = {}): Promise<Rig> {
    const server = await startTouchyServer(temper);
    const text = JSON.stringify({ sources: { pi: { host: "127.0.0.1", port: server.port, ...settings } } });
    const { config } = await loadConfig({ text, env: () => undefined });
    return new Rig(server, config.sources.get("pi")!, createMemoryStores());
  }

  /** Ends this run of the gateway, and begins the next one. */
  restart(): void {
    const { stores, timers: { now, set } } = this;
    const dial = createDialer({ openDemo: () => fail(), isDenied: () => false });
    this.sources = new Sources(() => new Map([["pi", this.config]]), {
      addresses: this.addresses = new Addresses({ stores, dial, now }),
      trust: createTrust({ pins: openPins(stores) }),
      getClientKey: makeClientKey,
      sessions: { countSource: () => 0, hasOpen: () => false },
      perSource: () => 16,
      probeSlots: new Turn(16),
      prewarmSlots: new Turn(16),
      log: createLog({ level: "error", write: () => {} }),
      setTimer: set,
      now,
    });
    this.source = this.sources.get(this.config);
  }

  /** Probes a minute later, and waits until the server knows it; returns how it went on there. */
  async probe(options: { asked?: boolean } = {}) {
    this.timers.pass(MINUTE_MS);
    const before = this.server.reached.length;
    const { status, detail } = await this.source.probe(options);
    await this.server.untilIdle();
    return { status, detail, reached: this.server.reached.slice(before) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sources.close();
    await this.server.stop();
  }
}

function fail(): never {
  throw new Error("There is no demo here");
}

Deno.test("no probe sends ClientInit, so a server that ends after its first client outlives all of them", async () => {
  for (const settings of [{}, { look: "full" }, { look: "banner" }]) {
    await using rig = await Rig.start({ ends: true }, settings);
    for (let probes = 0; probes < 12; probes++) assertEquals((await rig.probe({ asked: probes === 5 })).status, "up");
    assertEquals(rig.server.reached.includes("desktop"), false);
  }
});

Deno.test("the same with a password, which the first probe verifies", async () => {
  await using rig = await Rig.start({ ends: true, types: [2], password: "right" }, { password: "right" });
  const found = { status: "up", detail: "RFB 3.8, VNC Authentication" };
  assertEquals(await rig.probe(), { ...found, reached: ["login"] });
  assertEquals(await rig.probe(), { ...found, reached: ["types"] });
  assertEquals(await rig.probe({ asked: true }), { ...found, reached: ["login"] }, "a user asked");
  rig.source.forgive();
  assertEquals(await rig.probe(), { ...found, reached: ["login"] }, "a user changed the password");
});

Deno.test("a server that counts connections as failed logins never blocks the gateway, if it lets the gateway log in", async () => {
  for (const [temper, settings] of [[{ types: [1] }, {}], [{ types: [2], password: "right" }, { password: "right" }]]) {
    await using rig = await Rig.start({ counts: true, ...temper }, settings);
    for (let probes = 0; probes < 20; probes++) {
      if (probes % 7 === 6) rig.restart();
      assertEquals((await rig.probe()).status, "up");
    }
    assertEquals(rig.server.blocked, 0);
  }
});

Deno.test("a server that may count is left alone after three probes if the gateway cannot log in, over a restart too", async () => {
  await using rig = await Rig.start({ counts: true, types: [2], password: "right" });
  for (let probes = 0; probes < 3; probes++) assertEquals((await rig.probe()).reached, ["types"]);
  assertEquals(await rig.probe(), { status: "up", detail: "RFB 3.8, VNC Authentication, needs password", reached: [] });
  rig.restart();
  const { status, detail, reached } = await rig.probe();
  assertEquals([status, reached], ["unknown", []]);
  assertStringIncludes(detail, "may block this gateway");
  assertEquals((await rig.probe({ asked: true })).reached, ["types"], "a user asks");
  assertEquals((await rig.probe({ asked: true })).reached, [], "and asks again");
  rig.addresses.get(rig.config.target).memory.noteLoggedIn();
  assertEquals((await rig.probe()).reached, ["types"], "a viewer has logged in");
});

Deno.test("a server whose offer shows that it does not count is probed as often as users look", async () => {
  await using rig = await Rig.start({ types: [2, 17] });
  for (let probes = 0; probes < 8; probes++) assertEquals((await rig.probe()).reached, ["types"]);
});

Deno.test("a server that counted starts anew when its machine refuses connections for a while", async () => {
  await using rig = await Rig.start({ types: [2] });
  for (let probes = 0; probes < 2; probes++) await rig.probe();
  await rig.server.stop();
  assertEquals((await rig.probe()).status, "down");
  await rig.server.listen();
  for (let probes = 0; probes < 3; probes++) assertEquals((await rig.probe()).reached, ["types"]);
});

Deno.test("a source that went away right after its first probe is only peeked at from then on, over a restart too", async () => {
  await using rig = await Rig.start({ types: [2, 17] }, { clipboard: "in" });
  assertEquals((await rig.probe()).reached, ["types"]);
  await rig.server.stop();
  assertEquals((await rig.probe()).status, "down");
  await rig.server.listen();
  const banner = { status: "up", detail: "RFB 3.8", reached: ["connect"] };
  assertEquals(await rig.probe(), banner);
  rig.restart();
  assertEquals(await rig.probe({ asked: true }), banner);
  rig.source.forgive();
  assertEquals((await rig.probe()).reached, ["types"], "until a user says otherwise");
});

Deno.test("a source that outlived a probe, or went away long after one, was not ended by it", async () => {
  const rows: [string, number, number][] = [["outlived", 2, 0], ["long after", 1, 10 * MINUTE_MS]];
  for (const [name, probes, waitMs] of rows) {
    await using rig = await Rig.start({ types: [2, 17] });
    for (let probe = 0; probe < probes; probe++) await rig.probe();
    await rig.server.stop();
    rig.timers.pass(waitMs);
    await rig.probe();
    await rig.server.listen();
    assertEquals((await rig.probe()).reached, ["types"], name);
  }
});

Deno.test("a server that asks its user at each connection is probed once, and never again", async () => {
  await using rig = await Rig.start({ asks: "offer" });
  rig.timers.pass(MINUTE_MS);
  const probing = rig.source.probe();
  await waitUntil(() => rig.server.asked === 1);
  rig.timers.pass(10_000);
  assertEquals((await probing).detail, "RFB 3.8, asks a user there to accept");
  assertEquals((await rig.probe()).reached, []);
  rig.restart();
  const { status, detail } = await rig.probe({ asked: true });
  assertEquals([status, detail], ["unknown", "not probed: a user there is asked to accept connections"]);
  assertEquals(rig.server.asked, 1);
});

Deno.test("a server that asks its user about logins is still probed, but not logged in to", async () => {
  await using rig = await Rig.start({ asks: "login", types: [2, 17], password: "right" }, { password: "right" });
  rig.timers.pass(MINUTE_MS);
  const probing = rig.source.probe();
  await waitUntil(() => rig.server.asked === 1);
  rig.timers.pass(10_000);
  const { status, detail } = await probing;
  assertEquals([status, detail], ["up", "RFB 3.8, VNC Authentication, Ultra"]);
  rig.restart();
  for (let probes = 0; probes < 4; probes++) {
    assertEquals((await rig.probe({ asked: true })).reached, ["types"]);
  }
  assertEquals(rig.server.asked, 1);
});

Deno.test("a server whose user accepted quickly is remembered as one that asks", async () => {
  await using rig = await Rig.start({ asks: "offer" });
  rig.timers.pass(MINUTE_MS);
  const probing = rig.source.probe();
  await waitUntil(() => rig.server.asked === 1);
  rig.timers.pass(4_000);
  rig.server.prompts[0]!();
  assertEquals((await probing).detail, "RFB 3.8, None");
  assertEquals((await rig.probe()).reached, []);
});

Deno.test("look: off makes no connection, and look: banner reads the version and nothing else", async () => {
  await using off = await Rig.start({}, { look: "off" });
  const { reached, ...found } = await off.probe({ asked: true });
  assertEquals(found, { status: "unknown", detail: "not probed (look: off)" });
  assertEquals(reached, []);
  await using banner = await Rig.start({}, { look: "banner" });
  assertEquals(await banner.probe({ asked: true }), { status: "up", detail: "RFB 3.8", reached: ["connect"] });
  assertEquals(await banner.probe(), { status: "up", detail: "RFB 3.8", reached: ["connect"] });
});

Deno.test("look: full logs in at each probe", async () => {
  await using rig = await Rig.start({ types: [2], password: "right" }, { look: "full", password: "right" });
  for (let probes = 0; probes < 4; probes++) assertEquals((await rig.probe()).reached, ["login"]);
});
