/** A gateway's viewer and a page in random orders: whatever is lost on the way, each side gets every byte once, in order. */
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { parseDown } from "../../../src/side_channel/messages.ts";
import { type Frame, SentFrames } from "../../../src/side_channel/sent_frames.ts";
import type { FakeGatewaySocket } from "../../fakes/gateway_socket.ts";
import { makeResumableRig, writeAck } from "../../fakes/resumable_rig.ts";
import { Seeded } from "../../fakes/seeded.ts";

const ORDERS = 200;
const STEPS = 400;

/** Frames written one after another. */
const flatten = (frames: readonly Frame[]) => Buffer.concat(frames.map((frame) => Buffer.from(frame as string)));

/** The least page that acknowledges: what it knows is only what has arrived. */
class ModelPage {
  readonly got: Frame[] = [];
  readonly sent = new SentFrames();
  received = 0;
  /** On their way up on this link. */
  up: Frame[] = [];
  /** How many of the link's frames have arrived, and whether the page may send on it. */
  taken = 0;
  isGreeted = false;

  take(frame: Frame): void {
    this.taken++;
    const { message, isUncounted } = typeof frame === "string" ? parseDown(frame) : {};
    if (message?.type === "ack") assert(this.sent.acknowledge(message.received), "a true acknowledgement");
    if (message?.type === "resumable") {
      assertEquals([this.taken, this.sent.acknowledge(message.received)], [1, true]);
      this.isGreeted = true;
      this.up.push(...this.sent.list());
    }
    if (isUncounted) return;
    this.got.push(frame);
    this.received += frame.length;
  }

  send(frame: Frame): void {
    this.sent.push(frame);
    if (this.isGreeted) this.up.push(frame);
  }

  /** The link is gone, with what was on its way. */
  lose(): void {
    [this.up, this.taken, this.isGreeted] = [[], 0, false];
  }
}

async function play(seed: number): Promise<void> {
  const chance = new Seeded(seed);
  const rig = await makeResumableRig();
  const { viewer } = rig;
  const page = new ModelPage();
  let socket: FakeGatewaySocket = rig.socket;
  let isCut = false;
  const [down, up, taken]: Frame[][] = [[], [], []];
  viewer.onSide = (message) => message.type === "credentials" && taken!.push(JSON.stringify(message));
  const makeBytes = () => Uint8Array.from({ length: 1 + chance.below(400) }, () => chance.below(256));
  const sendDown = () => {
    if (viewer.roomBytes === 0) return;
    const bytes = makeBytes();
    down!.push(bytes.slice());
    if (chance.next() < 0.5) return viewer.give(bytes);
    viewer.send(bytes);
    bytes.fill(0);
  };
  const sayDown = () => {
    const message = { type: "clipboard_dropped", bytes: chance.below(1e6), limit: 1 } as const;
    down!.push(JSON.stringify(message));
    viewer.sendSide(message);
  };
  const sendUp = () => {
    const frame = chance.next() < 0.8 ? makeBytes() : `{"type":"credentials","username":"${chance.below(1e6)}"}`;
    up!.push(frame);
    page.send(frame);
  };
  const takeDown = (most: number) => {
    const arrived = isCut ? [] : socket.frames.slice(page.taken, page.taken + most) as Frame[];
    for (const frame of arrived) page.take(frame);
  };
  const takeUp = (most: number) => {
    if (!isCut) { for (const frame of page.up.splice(0, most)) socket.receive(frame); }
  };
  const drainUp = async () => {
    while (viewer.up.bytes > 0) taken!.push((await viewer.up.take()) as Uint8Array<ArrayBuffer>);
  };
  /** The gateway may notice at once, or when the page is back. */
  const cut = () => {
    if (isCut) return;
    isCut = true;
    if (chance.next() < 0.6) socket.end(1006);
  };
  const comeBack = () => {
    page.lose();
    const old = socket;
    socket = rig.resume(page.received);
    isCut = false;
    if (chance.next() < 0.3) old.receive(Uint8Array.of(99));
    if (chance.next() < 0.3) old.end(1006);
  };
  const steps: readonly (() => unknown)[] = [
    ...Array(6).fill(sendDown),
    sayDown,
    ...Array(5).fill(sendUp),
    ...Array(8).fill(() => takeDown(chance.below(6))),
    ...Array(8).fill(() => takeUp(chance.below(6))),
    ...Array(4).fill(() => page.isGreeted && page.up.push(writeAck(page.received))),
    drainUp,
    () => viewer.sendSide({ type: "ping", id: 1 }),
    () => rig.clock.ms += chance.below(300),
    cut,
    comeBack,
  ];
  for (let step = 0; step < STEPS; step++) await steps[chance.below(steps.length)]!();
  comeBack();
  takeDown(Infinity);
  page.up.push(writeAck(page.received));
  takeUp(Infinity);
  await drainUp();
  viewer.sendSide({ type: "ping", id: 2 });
  takeDown(Infinity);
  const bytesOf = (frames: readonly Frame[]) => flatten(frames.filter((frame) => typeof frame !== "string"));
  const textsOf = (frames: readonly Frame[]) => flatten(frames.filter((frame) => typeof frame === "string"));
  assert(flatten(page.got).equals(flatten(down!)), "down");
  for (const pick of [bytesOf, textsOf]) assert(pick(taken!).equals(pick(up!)), "up");
  assertEquals([rig.share.bytes, page.sent.pending], [0, 0]);
  socket.end(1000);
  await viewer.closed;
}

Deno.test(`in ${ORDERS} random orders of sending, acknowledging, cuts and returns, nothing is lost or comes twice`, async () => {
  for (let seed = 1; seed <= ORDERS; seed++) {
    await play(seed).catch((cause) => {
      throw new Error(`seed ${seed}`, { cause });
    });
  }
});
