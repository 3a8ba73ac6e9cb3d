/** A page and its gateway in random orders: whatever is lost on the way, each side gets every byte once and in order. */
import { assertEquals } from "@std/assert";
import type { Frame } from "../../../src/side_channel/sent_frames.ts";
import { createConnectionRig } from "../../fakes/connection_rig.ts";
import { ResumingGateway } from "../../fakes/resuming_gateway.ts";
import { Seeded } from "../../fakes/seeded.ts";

const ORDERS = 500;
const STEPS = 300;

/** Frames written one after another. */
const flatten = (frames: readonly Frame[]) => frames.flatMap<number | string>((frame) => [...frame]);

/** One order of events, up to a moment at which everything has arrived. */
function play(seed: number) {
  const chance = new Seeded(seed);
  const rig = createConnectionRig();
  const { connection, socket, sockets } = rig;
  const gateway = new ResumingGateway();
  connection.connect();
  const channel = rig.channels[0]!;
  const [down, up, got]: Frame[][] = [[], [], []];
  channel.onmessage = ({ data }) => {
    got!.push(new Uint8Array(data));
    if (chance.next() < 0.3) sendUp();
  };
  const makeBytes = () => Uint8Array.from({ length: 1 + chance.below(6) }, () => chance.below(256));
  function sendUp() {
    const bytes = makeBytes();
    up!.push(bytes.slice());
    channel.send(bytes);
    bytes.fill(0); // noVNC uses its buffer again
  }
  const sendDown = () => {
    const frame = chance.next() < 0.8 ? makeBytes() : `{"type":"state","state":"open","n":${chance.below(1e6)}}`;
    down!.push(frame);
    gateway.send(frame);
  };
  const accept = () => {
    if (socket().readyState === WebSocket.CONNECTING) gateway.accept(socket());
  };
  const cut = () => {
    const isNoticed = chance.next() < 0.5;
    const open = sockets.filter(({ readyState }) => readyState === WebSocket.OPEN);
    gateway.cut({ isNoticed });
    if (!isNoticed) { for (const socket of open) socket.end(1006); }
  };
  const steps: readonly (() => void)[] = [
    ...Array(4).fill(sendDown),
    ...Array(4).fill(() => sockets.length > 0 && sendUp()),
    ...Array(8).fill(() => gateway.takeDown()),
    ...Array(8).fill(() => gateway.takeUp()),
    ...Array(2).fill(() => gateway.takeLate()),
    ...Array(3).fill(accept),
    ...Array(2).fill(() => gateway.acknowledge()),
    ...Array(2).fill(() => rig.runDeferred()),
    ...Array(2).fill(() => rig.pass(chance.below(400))),
    cut,
    () => socket().readyState === WebSocket.CONNECTING && sockets.length > 1 && socket().end(1006),
    () => connection.wake(chance.next() < 0.3),
  ];
  accept();
  gateway.settle();
  for (let step = 0; step < STEPS; step++) chance.pick(steps)();
  for (let rest = 0; rest < 20 && (gateway.isBusy || gateway.pending > 0 || channel.isAwaiting); rest++) {
    accept();
    gateway.settle();
    gateway.acknowledge();
    gateway.settle();
    rig.pass(1_000);
  }
  return { rig, gateway, down: down!, up: up!, got: got! };
}

Deno.test("in 500 random orders, noVNC and the gateway get every byte once and in order", async () => {
  let resumes = 0;
  for (let seed = 1; seed <= ORDERS; seed++) {
    const { rig, gateway, down, up, got } = play(seed);
    assertEquals(flatten(got), flatten(down.filter((frame) => typeof frame !== "string")), `down, seed ${seed}`);
    assertEquals(rig.messages.length, down.filter((frame) => typeof frame === "string").length, `text, seed ${seed}`);
    assertEquals(flatten(gateway.got), flatten(up), `up, seed ${seed}`);
    assertEquals([rig.channels.length, rig.phases.length], [1, 1], `one session, seed ${seed}`);
    resumes += gateway.resumes;
    rig.connection.leave();
    await rig.settle();
    assertEquals(rig.timers.waiting, 0, `timers, seed ${seed}`);
  }
  assertEquals(resumes > ORDERS, true);
});
