/** A page whose connections are cut anywhere: nothing is lost, nothing comes twice, and the source notices nothing. */
import { assert, assertEquals } from "@std/assert";
import { makeClientKey } from "../../src/rfb/security/ra2.ts";
import type { Down } from "../../src/side_channel/messages.ts";
import { makeCa, makeLeaf } from "../../src/tls/ca.ts";
import { type Cut, CuttingProxy, WAYS } from "../fakes/cutting_proxy.ts";
import { DenoPage } from "../fakes/deno_page.ts";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { sendRaw } from "../fakes/raw_http.ts";
import type { FakeSource } from "../fakes/rfb_security/source.ts";
import { Seeded } from "../fakes/seeded.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { listenHonestly } from "../soak/honest_source.ts";
import { encodeOrder, encodePointer, MESSAGE_BYTES, StreamCheck } from "../soak/pattern.ts";

const ORDERS = 200;
const BEGINNINGS = 60;
const LANES = 10;
const FIRST_SEED = Number(Deno.env.get("PORTHOLE_SEED") ?? Math.floor(Math.random() * 1e6));
/** The page's time: its waits are seconds. */
const HASTE = 6;
const MOST_CUTS = 8;
const MOST_ROUNDS = 12;
const MOST_MESSAGES = 40;
const MOST_POINTERS = 60;
const MOST_BYTES = 300_000;
/** What has passed up, and down, once the page has its first token, and the gateway has heard of that. */
const BEGUN_BYTES = { up: 128, down: 192 };

const KEY = await makeClientKey();
const NAMES = ["127.0.0.1"];

interface Kind {
  readonly login: FakeSource;
  readonly settings?: Record<string, unknown>;
}

const KINDS: Readonly<Record<string, Kind>> = {
  plain: { login: { types: [1] } },
  view_only: { login: { types: [1] }, settings: { view_only: true } },
  filtered: { login: { types: [1] }, settings: { clipboard: "none" } },
  asking: { login: { types: [2], password: "secret12" }, settings: { clipboard: "none" } },
  prewarmed: { login: { types: [2], password: "secret12" }, settings: { password: "secret12", prewarm: 1 } },
  tls: {
    login: { types: [19], subtypes: [261], password: "secret12" },
    settings: { password: "secret12" },
  },
  rsa_aes: {
    login: { types: [5], username: "ada", password: "secret12", key: KEY, asksUsername: true },
    settings: { username: "ada", password: "secret12" },
  },
};

/** A gateway on sources that check each byte; `entered` counts who was let in. */
async function startRig(resume: string) {
  const stack = new AsyncDisposableStack();
  const faults: string[] = [];
  const entered: Record<string, number> = {};
  const ca = await makeCa({ host: "source", names: NAMES, nowMs: Date.now() });
  const certificate = await makeLeaf({ ca, names: NAMES, nowMs: Date.now() });
  const sources = Object.fromEntries(
    Object.entries(KINDS).map(([name, { login, settings }]) => {
      entered[name] = 0;
      const { port } = stack.use(listenHonestly({
        login,
        takesInput: name !== "view_only",
        onFault: (what) => faults.push(`${name}: ${what}`),
        onEntered: () => entered[name]!++,
        certificate,
      }));
      return [name, { host: "127.0.0.1", port, keepalive: "1s", ...settings }];
    }),
  );
  const limits = { per_source: 512, per_address: 512, handshakes: 512, connects_per_minute: 100_000 };
  const gateway = stack.use(
    await startGateway(JSON.stringify({ gateway: { resume }, auth: "none", limits, sources })),
  );
  await gateway.gateway.applyConfig();
  return { gateway, faults, entered, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Cuts one link after the other, each somewhere else: early about as often as late. */
function planCuts(chance: Seeded): () => Cut | undefined {
  let [links, left] = [0, 1 + chance.below(MOST_CUTS)];
  return () => {
    if (left-- <= 0) return undefined;
    const direction = chance.pick(["up", "down"] as const);
    const spread = Math.floor(Math.exp(chance.next() * Math.log(MOST_BYTES)));
    // A session of which the page knows nothing yet cannot be resumed.
    const afterBytes = links++ === 0 ? BEGUN_BYTES[direction] + spread : spread;
    const isInHead = links > 1 && chance.below(10) === 0;
    return { way: chance.pick(WAYS), direction, isInHead, afterBytes: isInHead ? afterBytes % 200 : afterBytes };
  };
}

/** One session with cuts, from its beginning to its end. */
async function runOrder(gateway: TestGateway, seed: number, report: Report): Promise<void> {
  const chance = new Seeded(seed);
  const kind = Object.keys(KINDS)[seed % Object.keys(KINDS).length]!;
  const name = `${kind} with seed ${seed}`;
  const check = new StreamCheck();
  await using page = new DenoPage({
    haste: HASTE,
    credentials: { password: "secret12" },
    take: (bytes) => check.take(bytes),
  });
  await using proxy = await CuttingProxy.start({
    target: gateway.port,
    planCut: planCuts(chance),
    onCut: ({ way }) => {
      report.cuts++;
      // A device notices at times that its network has gone, and at times not.
      if (way === "silence" && chance.below(4) > 0) page.connection.wake(true);
    },
  });
  page.open(`ws://127.0.0.1:${proxy.port}/ws/vnc/${kind}`);
  const until = (what: string, look: () => boolean) =>
    waitUntil(() => {
      if (page.phases.length > 2) throw new Error(`${name}: ${JSON.stringify(page.phases)}`);
      return look();
    }, `${what} of ${name}`);
  await until("the desktop", () => page.connection.phase.kind === "open");
  let [asked, pointers] = [0, 0];
  const hasAll = () => check.bytes >= asked * MESSAGE_BYTES;
  for (let round = 2 + chance.below(MOST_ROUNDS); round >= 0; round--) {
    // The last round goes over a link that stays, over which the page can leave.
    if (round === 0) proxy.disarm();
    for (let more = chance.below(MOST_POINTERS); more > 0; more--) page.send(encodePointer(++pointers));
    const messages = 1 + chance.below(MOST_MESSAGES);
    asked += messages;
    page.send(encodeOrder({ messages, closes: false, pointers }));
    if (chance.below(2) === 0) await chance.pause();
    else await until("a part", hasAll);
  }
  await until("the last part", hasAll);
  report.bytes += check.bytes;
  report.sockets += page.sockets;
  assertEquals([check.wrongAt, check.bytes], [undefined, asked * MESSAGE_BYTES], name);
  assertEquals(page.phaseKinds, ["connecting", "open"], name);
  page.connection.leave();
  assertEquals(page.timers.size, 0, `timers of ${name}`);
  const { session } = page.messages.find(({ type }) => type === "hello") as Down<"hello">;
  await waitUntil(() => gateway.gateway.registry.get(session) === undefined, `the end of ${name}`);
}

interface Report {
  cuts: number;
  sockets: number;
  bytes: number;
}

Deno.test(`no byte is lost or comes twice in ${ORDERS} orders of cuts, from seed ${FIRST_SEED}`, async () => {
  await using rig = await startRig("1h");
  const report: Report = { cuts: 0, sockets: 0, bytes: 0 };
  let next = FIRST_SEED;
  const runLane = async () => {
    while (next < FIRST_SEED + ORDERS) await runOrder(rig.gateway, next++, report);
  };
  await Promise.all(Array.from({ length: LANES }, runLane));
  const { registry } = rig.gateway.gateway;
  await waitUntil(() => registry.size === 0 && registry.stuck === 0, "the end of all sessions");
  assertEquals(rig.faults, []);
  assertEquals(Object.values(rig.entered).reduce((sum, each) => sum + each), ORDERS);
  const { body } = await sendRaw(rig.gateway.port, { path: "/metrics" });
  assert(body.includes("\nporthole_unacknowledged_bytes 0\n"), "nothing is kept");
  assert(report.bytes > ORDERS * MESSAGE_BYTES);
  assert(report.sockets > ORDERS * 2, `${report.sockets} WebSockets after ${report.cuts} cuts`);
});

/** A page whose first connection is cut somewhere between the request for it and its first token. */
async function runBeginning(gateway: TestGateway, seed: number): Promise<void> {
  const chance = new Seeded(seed);
  const check = new StreamCheck();
  const direction = chance.pick(["up", "down"] as const);
  const isInHead = chance.below(3) === 0;
  const afterBytes = chance.below(isInHead ? 200 : BEGUN_BYTES[direction]);
  const cuts: Cut[] = [{ way: chance.pick(["reset", "fin"]), direction, isInHead, afterBytes }];
  await using page = new DenoPage({ haste: HASTE, take: (bytes) => check.take(bytes) });
  await using proxy = await CuttingProxy.start({ target: gateway.port, planCut: () => cuts.pop() });
  page.open(`ws://127.0.0.1:${proxy.port}/ws/vnc/plain`);
  await waitUntil(() => page.connection.phase.kind === "open", `the desktop with seed ${seed}`);
  page.send(encodeOrder({ messages: 3, closes: false, pointers: 0 }));
  await waitUntil(() => check.bytes >= 3 * MESSAGE_BYTES, `the picture with seed ${seed}`);
  assertEquals([check.wrongAt, check.bytes], [undefined, 3 * MESSAGE_BYTES]);
}

Deno.test(`a page that is cut off before it knows its session begins another, from seed ${FIRST_SEED}`, async () => {
  await using rig = await startRig("1s");
  let next = FIRST_SEED;
  const runLane = async () => {
    while (next < FIRST_SEED + BEGINNINGS) await runBeginning(rig.gateway, next++);
  };
  await Promise.all(Array.from({ length: LANES }, runLane));
  const { registry } = rig.gateway.gateway;
  // Nobody comes back to those of which the page knows nothing, and they end after the hold.
  await waitUntil(() => registry.size === 0 && registry.stuck === 0, "the end of all sessions");
  assertEquals(rig.faults, []);
});
