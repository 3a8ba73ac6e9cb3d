import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import type { SourceConfig } from "../../../src/config/config.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { once } from "../../../src/memoize.ts";
import { makeClientKey } from "../../../src/rfb/security/ra2.ts";
import { informSources } from "../../../src/session/inform_sources.ts";
import { SessionRegistry } from "../../../src/session/registry.ts";
import { Addresses } from "../../../src/source/addresses.ts";
import { createDialer } from "../../../src/source/dial/dial.ts";
import { openPins } from "../../../src/source/pins.ts";
import { Sources } from "../../../src/source/sources.ts";
import { createTrust } from "../../../src/source/trust.ts";
import { Turn } from "../../../src/source/turn.ts";
import { createMemoryStores } from "../../../src/store/memory_stores.ts";
import { createLog } from "../../../src/telemetry/log.ts";
import { type FakeRfb, startFakeRfb } from "../../fakes/rfb_server.ts";
import { enterDesktop } from "../../fakes/enter_desktop.ts";
import { openViewerSocketPair } from "../../fakes/viewer_socket_pair.ts";
import { waitUntil } from "../../fakes/wait_until.ts";

/** The sources of a configuration that the test edits, on one fake VNC server. */
class Rig implements AsyncDisposable {
  readonly registry = new SessionRegistry(createLog({ level: "error", write: () => {} }));
  readonly sources: Sources;
  readonly addresses: Addresses;
  readonly probeSlots = new Turn();
  configured: ReadonlyMap<string, SourceConfig> = new Map();

  private constructor(readonly fake: FakeRfb, perSource: number) {
    const dial = createDialer({
      openDemo: () => {
        throw new Error("There is no demo here");
      },
      isDenied: () => false,
    });
    this.sources = new Sources(() => this.configured, {
      addresses: this.addresses = new Addresses({ stores: createMemoryStores(), dial }),
      trust: createTrust({ pins: openPins(createMemoryStores()) }),
      getClientKey: once(makeClientKey),
      sessions: this.registry,
      perSource: () => perSource,
      probeSlots: this.probeSlots,
      prewarmSlots: new Turn(16),
      log: createLog({ level: "error", write: () => {} }),
      // A pause would keep a timer.
      setTimer: () => () => {},
    });
    this.registry.events.subscribe(informSources(this.sources));
  }

  static async start({ perSource = 16 } = {}): Promise<Rig> {
    return new Rig(await startFakeRfb({ password: "secret12" }), perSource);
  }

  /** Puts sources.yaml's `sources` in force, whose addresses are the fake's; gives the configuration of `pi`. */
  async configure(sources: Record<string, Record<string, unknown>>): Promise<SourceConfig> {
    const entries = Object.entries(sources).map(([name, keys]) => [name, { ...this.#address, ...keys }]);
    const text = JSON.stringify({ auth: "none", sources: Object.fromEntries(entries) });
    this.configured = (await loadConfig({ text, env: () => undefined })).config.sources;
    return this.configured.get("pi")!;
  }

  async untilPrewarmed(count: number): Promise<void> {
    await waitUntil(() => this.sources.prewarmed === count, `${count} prewarmed connections`);
  }

  get #address() {
    return { host: "127.0.0.1", port: this.fake.port, password: "secret12" };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.registry.drain(), this.sources.close()]);
    await this.fake.waitFor(({ live }) => live === 0);
    await this.fake.stop();
  }
}

Deno.test("get() returns the same source for a configuration that it can take up, and another otherwise", async () => {
  await using rig = await Rig.start();
  const before = await rig.configure({ pi: {} });
  const source = rig.sources.get(before);
  assertStrictEquals(rig.sources.get(before), source);
  const after = await rig.configure({ pi: { title: "Other" } });
  assertStrictEquals(rig.sources.get(after), source);
  assertStrictEquals(source.config, after);
  const changed = await rig.configure({ pi: { view_only: true } });
  assertNotStrictEquals(rig.sources.get(changed), source);
  assertStrictEquals(rig.sources.get(changed).config, changed);
});

Deno.test("get() for an old configuration does not replace the source of the current one", async () => {
  await using rig = await Rig.start();
  const before = await rig.configure({ pi: {} });
  const after = await rig.configure({ pi: { view_only: true } });
  const current = rig.sources.get(after);
  assertStrictEquals(rig.sources.get(before).config, before);
  assertStrictEquals(rig.sources.get(after), current);
});

Deno.test("get() for an old configuration gives the current source if that differs in what it could take up", async () => {
  await using rig = await Rig.start();
  const before = await rig.configure({ pi: {} });
  const current = rig.sources.get(await rig.configure({ pi: { title: "Other" } }));
  assertStrictEquals(rig.sources.get(before), current);
  assertEquals(current.config.title, "Other");
});

Deno.test("a changed source keeps its finding only where the change says nothing of the server or of probes", async () => {
  await using rig = await Rig.start();
  const source = rig.sources.get(await rig.configure({ pi: {} }));
  assertEquals((await source.probe()).status, "up");
  assertEquals(rig.sources.get(await rig.configure({ pi: { title: "Other" } })).finding.status, "up");
  assertEquals(rig.sources.get(await rig.configure({ pi: { look: "off" } })).finding.status, "unknown");
  assertEquals((await source.probe()).detail, "not probed (look: off)");
  assertEquals(rig.sources.get(await rig.configure({ pi: { username: "ada" } })).finding.status, "unknown");
});

Deno.test("apply() keeps prewarmed connections of a source with a new title, and closes those that are too many", async () => {
  await using rig = await Rig.start();
  await rig.configure({ pi: { prewarm: 2 } });
  rig.sources.apply();
  await rig.untilPrewarmed(2);
  await rig.configure({ pi: { prewarm: 2, title: "Other" } });
  rig.sources.apply();
  assertEquals([rig.sources.prewarmed, rig.fake.accepted], [2, 2]);
  await rig.configure({ pi: { prewarm: 1, title: "Other" } });
  rig.sources.apply();
  await rig.fake.waitFor(({ live }) => live === 1);
  await rig.configure({ pi: { title: "Other" } });
  rig.sources.apply();
  await rig.fake.waitFor(({ live }) => live === 0);
  assertEquals([rig.sources.prewarmed, rig.fake.accepted], [0, 2]);
});

Deno.test("apply() prewarms the sources that ask for it, and closes changed and removed ones", async () => {
  await using rig = await Rig.start();
  await rig.configure({ pi: { prewarm: 1 }, tv: { prewarm: 2 } });
  assertEquals(rig.fake.accepted, 0);
  rig.sources.apply();
  await rig.untilPrewarmed(3);
  await rig.configure({ pi: { prewarm: 2 }, tv: { prewarm: 2 } });
  rig.sources.apply();
  await rig.untilPrewarmed(4);
  await rig.configure({ tv: { prewarm: 2 } });
  rig.sources.apply();
  await rig.untilPrewarmed(2);
  await rig.fake.waitFor(({ live }) => live === 2);
});

Deno.test("close() closes every connection, and apply() has no effect afterwards", async () => {
  await using rig = await Rig.start();
  await rig.configure({ pi: { prewarm: 1 } });
  rig.sources.apply();
  await rig.untilPrewarmed(1);
  await rig.sources.close();
  await rig.fake.waitFor(({ live }) => live === 0);
  await rig.configure({ pi: { prewarm: 2 } });
  rig.sources.apply();
  assertEquals([rig.sources.prewarmed, rig.fake.accepted], [0, 1]);
});

Deno.test("a session at the source's limit leaves room for a prewarmed connection when it ends", async () => {
  await using rig = await Rig.start({ perSource: 1 });
  const config = await rig.configure({ pi: { prewarm: 1 } });
  rig.sources.apply();
  await rig.untilPrewarmed(1);
  await using pair = await openViewerSocketPair();
  const source = rig.sources.get(config);
  rig.registry.begin({ source, viewer: pair.gateway, user: { address: "10.0.0.1" } });
  await enterDesktop(pair.viewer);
  await waitUntil(() => rig.registry.hasOpen("pi"));
  assertEquals(rig.sources.prewarmed, 0);
  pair.viewer.socket.close();
  await waitUntil(() => rig.registry.size === 0);
  await rig.untilPrewarmed(1);
});

Deno.test("a session that opened or failed updates the finding of its source, without a probe", async () => {
  await using rig = await Rig.start();
  const config = await rig.configure({ pi: {} });
  const source = rig.sources.get(config);
  await using pair = await openViewerSocketPair();
  rig.registry.begin({ source, viewer: pair.gateway, user: { address: "10.0.0.1" } });
  await enterDesktop(pair.viewer);
  await waitUntil(() => source.finding.status === "up");
  assertEquals([source.finding.detail, source.finding.mode], ["RFB 3.8, VNC Authentication", "login"]);
  assertEquals((await source.probe()).checked, source.finding.checked);
  assertEquals(rig.fake.accepted, 1);
  pair.viewer.socket.close();
  await waitUntil(() => rig.registry.size === 0);
  const wrong = rig.sources.get(await rig.configure({ pi: { password: "wrong999" } }));
  await using second = await openViewerSocketPair();
  rig.registry.begin({ source: wrong, viewer: second.gateway, user: { address: "10.0.0.1" } });
  await second.viewer.closed;
  assertEquals([wrong.finding.status, wrong.finding.code], ["down", "vnc_login_failed"]);
  const { accepted } = rig.fake;
  wrong.forgive();
  assertEquals(wrong.finding.status, "unknown");
  assertEquals((await wrong.probe()).code, "vnc_login_failed");
  assert(rig.fake.accepted > accepted, "forgive() lets the password be tried again");
});

Deno.test("a probe that waits for a slot does not hold up a viewer's login", async () => {
  await using rig = await Rig.start();
  const config = await rig.configure({ pi: {} });
  const others = Promise.withResolvers<void>();
  const { signal } = new AbortController();
  const slot = rig.probeSlots.run(() => others.promise, signal);
  const probe = rig.sources.get(config).probe();
  await rig.addresses.get(config.target).turn.run(() => Promise.resolve(others.resolve()), signal);
  assertEquals((await probe).status, "up");
  await slot;
});

Deno.test("apply() forgets the addresses of sources that were removed, and keeps the others", async () => {
  await using rig = await Rig.start();
  const [gone, kept] = ["10.9.8.7", "10.9.8.6"].map((host) => ({ kind: "tcp" as const, hostname: host, port: 5900 }));
  await rig.configure({ pi: { host: gone!.hostname, port: 5900 }, tv: { host: kept!.hostname, port: 5900 } });
  const before = [rig.addresses.get(gone!), rig.addresses.get(kept!)];
  await rig.configure({ tv: { host: kept!.hostname, port: 5900 } });
  rig.sources.apply();
  assertNotStrictEquals(rig.addresses.get(gone!), before[0]);
  assertStrictEquals(rig.addresses.get(kept!), before[1]);
});
