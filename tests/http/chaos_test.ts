/**
 * The path of a byte in any order of events: lengths, cuts, stalls, resets, half-closes and floods from either side, at
 * every stage. Each seed is one session; PORTHOLE_CHAOS_SEED=N plays one of them alone.
 */
import { assert, assertEquals } from "@std/assert";
import { PortholeError } from "../../src/errors.ts";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { encodeFrame, OPCODE, openRaw, type RawViewer } from "../fakes/raw_viewer.ts";
import { type FakeRfb, startFakeRfb } from "../fakes/rfb_server.ts";
import { Seeded } from "../fakes/seeded.ts";
import type { SocketStream } from "../fakes/socket_stream.ts";
import { waitUntil } from "../fakes/wait_until.ts";

const LANES = 8;
const SESSIONS = 2_000;
const MIB = 1024 * 1024;
const FLOOD_BYTES = 20 * MIB;
const UP_FLOOD_BYTES = 3 * MIB;
const SIZES = [1, 2, 11, 12, 13, 125, 126, 127, 4_095, 4_096, 4_097, 16_384, 65_535, 65_536, 70_000, 300_000];

/** Both sides begin with a version, then with what stands for security types; from there on each byte tells its place. */
const VERSION = new TextEncoder().encode("RFB 003.008\n");
const DOWN = makeStream(Uint8Array.of(...VERSION, 1, 1), 7);
const UP = makeStream(VERSION, 13);

function makeStream(head: Uint8Array, factor: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(FLOOD_BYTES + 10 * MIB);
  for (let at = 0; at < bytes.length; at++) bytes[at] = (at * factor + (at >> 8) * 31 + (at >> 16)) & 255;
  bytes.set(head);
  return bytes;
}

/** Checks that what arrives is the beginning of what was sent. */
class Prefix {
  bytes = 0;
  isIntact = true;
  readonly #whole: Uint8Array;

  constructor(whole: Uint8Array) {
    this.#whole = whole;
  }

  take(chunk: Uint8Array): void {
    for (const byte of chunk) if (byte !== this.#whole[this.bytes++]) this.isIntact = false;
  }
}

const SOURCE_STEPS = ["send", "send", "send", "pause", "pause", "dribble"] as const;
const SOURCE_ENDS = ["stay", "stay", "fin", "close", "reset", "flood"] as const;
const SOURCE_STARTS = ["greet", "greet", "greet", "greet", "greet", "silent", "garbage", "short", "gone"] as const;
const VIEWER_STEPS = [
  ...["send", "send", "send", "pause", "pause", "cut", "fragments", "ping", "empty"] as const,
  ...["stop", "go", "pong", "credentials", "text", "nonsense", "flood", "kick", "close"] as const,
];
const VIEWER_ENDS = ["close", "leave", "reset", "fin"] as const;

/** One session's script; `orderly` ones must lose nothing. */
interface Plan {
  readonly seed: number;
  readonly orderly: "source ends" | "viewer ends" | undefined;
  readonly protocol: string | undefined;
  readonly target: "lane" | "refused" | "full";
  readonly random: Seeded;
  readonly up: Prefix;
  readonly down: Prefix;
  sourceSent: number;
  viewerSent: number;
}

const TARGETS = ["lane", "lane", "lane", "lane", "lane", "lane", "refused", "full"] as const;

function makePlan(seed: number): Plan {
  const random = new Seeded(seed);
  const orderly = random.pick(["source ends", "viewer ends", undefined, undefined, undefined] as const);
  const target = orderly ? "lane" : random.pick(TARGETS);
  const protocol = random.pick(["binary", "porthole.v1", undefined]);
  const counts = { sourceSent: 0, viewerSent: 0, up: new Prefix(UP), down: new Prefix(DOWN) };
  return { seed, orderly, protocol, target, random, ...counts };
}

async function playSource(plan: Plan, stream: SocketStream): Promise<void> {
  const random = new Seeded(plan.seed ^ 0x5eed);
  const readsLate = plan.orderly === undefined && random.below(3) === 0;
  const reading = readsLate ? undefined : readAll(plan, stream);
  await sourceSteps(plan, random, stream).catch(() => {});
  await (reading ?? readAll(plan, stream));
}

async function sourceSteps(plan: Plan, random: Seeded, stream: SocketStream): Promise<void> {
  const send = async (bytes: number) => {
    await stream.write(DOWN.subarray(plan.sourceSent, plan.sourceSent += bytes));
  };
  const start = plan.orderly ? "greet" : random.pick(SOURCE_STARTS);
  if (start === "gone") return random.below(2) ? stream.close() : stream.reset();
  if (start === "garbage") await stream.write(new Uint8Array(random.pick(SIZES)).fill(0x58));
  if (start === "short") await send(1 + random.below(11));
  if (start === "greet") {
    await send(12);
    await random.pause();
    await send(2);
  }
  const speaks = start === "greet";
  for (const step of random.draw(SOURCE_STEPS, 6)) {
    if (step === "pause" || !speaks) await random.pause();
    if (step === "send" && speaks) await send(random.pick(SIZES));
    if (step === "dribble" && speaks) { for (let at = 0; at < 10; at++) await send(1); }
  }
  const end = plan.orderly === "source ends" ? "fin" : plan.orderly ? "stay" : random.pick(SOURCE_ENDS);
  if (end === "fin") stream.closeWrite();
  if (end === "close") stream.close();
  if (end === "reset") stream.reset();
  if (end === "flood" && speaks) { for (let at = 0; at < FLOOD_BYTES; at += MIB) await send(MIB); }
}

/** Resolves when the gateway has closed its end. */
async function readAll({ up }: Plan, stream: SocketStream): Promise<void> {
  try {
    for await (const chunk of stream.readable) up.take(chunk);
  } catch {
    // Reset, by one or the other.
  }
}

async function playViewer(plan: Plan, viewer: RawViewer, kick: () => void): Promise<void> {
  const { random, orderly } = plan;
  viewer.onBytes = (bytes) => plan.down.take(bytes);
  const take = (bytes: number) => UP.subarray(plan.viewerSent, plan.viewerSent += bytes);
  await viewer.send(take(VERSION.length));
  if (orderly) {
    for (const size of random.draw(SIZES, 4)) {
      // Beyond this a source that closes its end may leave unread bytes, which is its right.
      if (size <= 4_096 || orderly === "viewer ends") await viewer.send(take(size));
      await random.pause();
    }
    return;
  }
  for (const step of random.draw(VIEWER_STEPS, 8)) await playStep(step, plan, viewer, take, kick);
}

async function playStep(
  step: typeof VIEWER_STEPS[number],
  { random }: Plan,
  viewer: RawViewer,
  take: (bytes: number) => Uint8Array,
  kick: () => void,
): Promise<void> {
  if (step === "pause") return await random.pause();
  if (step === "stop") return viewer.stopReading();
  if (step === "go") return viewer.readOn();
  if (step === "kick") return kick();
  if (step === "send") return void viewer.send(take(random.pick(SIZES)));
  if (step === "ping") return void viewer.send(new Uint8Array(random.below(126)), OPCODE.ping);
  if (step === "empty") return void viewer.send(new Uint8Array(0));
  if (step === "pong") return void viewer.send('{"type":"pong","id":1}');
  if (step === "credentials") return void viewer.send('{"type":"credentials","username":"","password":"x"}');
  if (step === "text") return void viewer.send('{"type":"what is that?"}');
  if (step === "nonsense") return void viewer.send("]");
  if (step === "close") return void viewer.sendClose();
  if (step === "flood") {
    for (let sent = 0; sent < UP_FLOOD_BYTES; sent += 64 * 1024) viewer.send(take(64 * 1024));
    return;
  }
  if (step === "fragments") {
    viewer.write(encodeFrame(take(5), OPCODE.binary, false));
    viewer.write(encodeFrame(take(0), OPCODE.continuation, false));
    return void viewer.write(encodeFrame(take(9), OPCODE.continuation));
  }
  const frame = encodeFrame(take(random.pick(SIZES)));
  const cut = random.below(frame.length);
  viewer.write(frame.subarray(0, cut));
  await random.pause();
  viewer.write(frame.subarray(cut));
}

async function endViewer({ orderly, random }: Plan, viewer: RawViewer): Promise<void> {
  if (orderly === "source ends") {
    await viewer.until(({ close, texts }) => close !== undefined || (texts.at(-1) ?? "").includes("goodbye"));
    await viewer.sendClose();
    return await viewer.gone;
  }
  const how = orderly ? "close" : random.pick(VIEWER_ENDS);
  if (how === "close") await viewer.sendClose();
  if (how === "fin") viewer.halfClose();
  if (how === "reset") viewer.reset();
  if (how === "close" && orderly) return await viewer.gone;
  viewer.leave();
}

/** Runs one session to its end, and checks that nothing of it is left. */
async function playSession(
  plan: Plan,
  lane: string,
  rig: { gateway: TestGateway; fake: FakeRfb; plans: Plan[] },
): Promise<void> {
  const { gateway, fake, plans } = rig;
  const { registry } = gateway.gateway;
  const name = plan.target === "lane" ? lane : plan.target;
  const dialedBefore = fake.accepted;
  plans[0] = plan;
  const viewer = await openRaw(gateway.port, `/ws/vnc/${name}`, { "Sec-WebSocket-Protocol": plan.protocol });
  assertEquals(viewer.status, 101);
  const [session] = registry.list().filter(({ source }) => source.name === lane);
  const kick = () => session?.end(new PortholeError("not_allowed", "Kicked"));
  await playViewer(plan, viewer, kick);
  await endViewer(plan, viewer);
  await viewer.gone;
  await waitUntil(() => registry.countSource(lane) === 0, "the session to end");
  await fake.waitFor(({ live }) => live === 0, "the source's connection to be closed");
  assert(fake.accepted - dialedBefore <= 1, "the source was dialed more than once");
  checkBytes(plan, viewer);
  // What the rig itself remembers must not be taken for a leak.
  fake.streams.length = 0;
}

function checkBytes(plan: Plan, viewer: RawViewer): void {
  const { up, down, orderly, protocol } = plan;
  assert(down.isIntact, "what the viewer got is no beginning of what the source sent");
  assert(up.isIntact, "what the source got is no beginning of what the viewer sent");
  if (orderly === "source ends") {
    assertEquals(down.bytes, plan.sourceSent, "what the source sent before it closed");
    if (protocol === "porthole.v1") assertEquals(JSON.parse(viewer.texts.at(-1)!).code, "source_closed");
    else assertEquals(viewer.close?.code, 1000);
  }
}

async function startRig(count: number) {
  const lanes = await Promise.all(Array.from({ length: count }, async (_, at) => {
    const plans: Plan[] = [];
    const fake = await startFakeRfb({ script: (stream) => playSource(plans[0]!, stream) });
    return { name: `lane${at}`, fake, plans };
  }));
  const full = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const sources = [
    ...lanes.map(({ name, fake }) => `${name}: 127.0.0.1:${fake.port}`),
    "refused: 127.0.0.1:101",
    `full: 127.0.0.1:${(full.addr as Deno.NetAddr).port}`,
  ];
  const limits = "{ stall: 1s, up_queue: 64KiB, per_address: 1000, per_source: 1000, connects_per_minute: 1000000 }";
  const gateway = await startGateway(`auth: none\nlimits: ${limits}\nsources:\n  ${sources.join("\n  ")}\n`);
  return {
    lanes,
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      full.close();
      for (const { fake } of lanes) await fake.stop();
    },
  };
}

async function playSeeds(seeds: number[]): Promise<void> {
  await using rig = await startRig(Math.min(LANES, seeds.length));
  const { gateway, lanes } = rig;
  const waiting = [...seeds];
  const half = { left: Math.floor(seeds.length / 2), rss: Infinity };
  await Promise.all(lanes.map(async ({ name, fake, plans }) => {
    for (let seed; (seed = waiting.shift()) !== undefined;) {
      await playSession(makePlan(seed), name, { gateway, fake, plans }).catch((cause) => {
        waiting.length = 0;
        throw new Error(`PORTHOLE_CHAOS_SEED=${seed}: ${cause.message}`, { cause });
      });
      if (waiting.length === half.left) half.rss = Deno.memoryUsage().rss;
    }
  }));
  const { registry } = gateway.gateway;
  await waitUntil(() => registry.size === 0 && registry.stuck === 0, "all sessions to be gone");
  assertEquals(gateway.lines.filter(({ level, code }) => level === "error" || code === "internal"), []);
  const grown = Deno.memoryUsage().rss - half.rss;
  assert(grown < 256 * MIB, `The second half of the sessions left ${Math.round(grown / MIB)} MiB behind`);
}

const given = Deno.env.get("PORTHOLE_CHAOS_SEED");
const seeds = given === undefined ? Array.from({ length: SESSIONS }, (_, at) => at) : [Number(given)];

Deno.test(`${seeds.length} seeded sessions leave no session, socket, timer or memory and mix up no byte`, async () => {
  await playSeeds(seeds);
});
