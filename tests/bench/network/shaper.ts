/**
 * An emulated link, a process of its own: passes IP packets between two devices, late, at a limited rate, and loses some, as
 * its argument says. It does what netem does where the kernel has no netem; its clock ticks in milliseconds.
 */
import { type LinkSpec, OneWay } from "./one_way.ts";
import { Tun } from "./tun.ts";

/** A packet on its way. */
interface OnTheWay {
  readonly atMs: number;
  readonly packet: Uint8Array<ArrayBuffer>;
}

/** Timers are whole milliseconds: what is due within half of one goes with the others. */
const EARLY_MS = 0.5;

/** Passes what one device sends to the other. */
async function pass(from: Tun, to: Tun, link: OneWay): Promise<never> {
  const onTheWay: OnTheWay[] = [];
  let isWaiting = false;
  const deliver = () => {
    isWaiting = false;
    const nowMs = performance.now();
    let due = 0;
    while (due < onTheWay.length && onTheWay[due]!.atMs <= nowMs + EARLY_MS) to.write(onTheWay[due++]!.packet);
    onTheWay.splice(0, due);
    if (onTheWay.length > 0) wait();
  };
  const wait = () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(deliver, Math.max(0, onTheWay[0]!.atMs - performance.now()));
  };
  while (true) {
    const packet = await from.read();
    const atMs = packet.length === 0 ? undefined : link.send(packet.length, performance.now());
    if (packet.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    if (atMs === undefined) continue;
    onTheWay.push({ atMs, packet });
    wait();
  }
}

const [spec = "", ...names] = Deno.args;
const link = JSON.parse(spec) as LinkSpec;
const [near, far] = names.map((name) => new Tun(name)) as [Tun, Tun];
console.log("ready");
await Promise.all([pass(near, far, new OneWay(link)), pass(far, near, new OneWay(link))]);
