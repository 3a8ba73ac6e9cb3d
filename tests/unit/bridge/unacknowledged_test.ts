import { assert, assertEquals } from "@std/assert";
import { DownFrames } from "../../../src/bridge/down_frames.ts";
import { Unacknowledged } from "../../../src/bridge/unacknowledged.ts";

const MIB = 1024 * 1024;

function fillAll(share: Unacknowledged, viewers: number): number[] {
  const all = Array.from({ length: viewers }, () => new DownFrames({ share, stallMs: 1000, now: () => 0 }));
  const sent = all.map(() => 0);
  for (let hasSent = true; hasSent;) {
    hasSent = false;
    for (const [index, frames] of all.entries()) {
      if (frames.roomBytes === 0) continue;
      hasSent = true;
      const frame = new Uint8Array(Math.min(8192, Math.max(4096, frames.roomBytes)));
      frames.push(frame);
      sent[index]! += frame.length;
    }
  }
  return sent;
}

Deno.test("up to half of the cap, a viewer may use its window; beyond that, each has a fair share", () => {
  const share = new Unacknowledged(4 * MIB);
  const [first, ...others] = fillAll(share, 16);
  assert(first! > 110 * 1024, `${first} bytes`);
  assert(share.bytes <= 2 * MIB, "sixteen windows fit into half");
  assertEquals(new Set(others), new Set([first]));
});

Deno.test("ten thousand viewers that acknowledge nothing keep to the cap, and another can still be sent something", () => {
  const share = new Unacknowledged(128 * MIB);
  const sent = fillAll(share, 10_000);
  assert(share.bytes <= 128 * MIB, `${share.bytes / MIB} MiB`);
  assert(Math.max(...sent) <= 2 * Math.min(...sent), `from ${Math.min(...sent)} to ${Math.max(...sent)} bytes`);
  const late = new DownFrames({ share, stallMs: 1000, now: () => 0 });
  assert(late.roomBytes > 0);
});
