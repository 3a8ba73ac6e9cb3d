import { assert, assertEquals } from "@std/assert";
import { QueueLimit } from "../../../src/bridge/queue_limit.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
/** How often `DownBacklog.drain()` looks, at worst. */
const POLL_MS = 5;

/**
 * A queue before a kernel's buffer before a link, and a source that never stops. Once it is full, the buffer accepts no
 * more until a third of it is free, as Linux does.
 */
function simulate({ megabits, bufferBytes, ms }: { megabits: number; bufferBytes: number; ms: number }) {
  const limit = new QueueLimit(0);
  const seen: { ms: number; queued: number; carried: number }[] = [];
  let [queued, held, left, carried, waitedMs, isWritable] = [0, 0, 0, 0, 0, true];
  for (let nowMs = 0; nowMs < ms; nowMs += POLL_MS) {
    const gone = Math.min(held, megabits * 125 * POLL_MS);
    [held, carried] = [held - gone, carried + gone];
    if (held < bufferBytes * 2 / 3) isWritable = true;
    for (;;) {
      const taken = isWritable ? Math.min(queued, bufferBytes - held) : 0;
      [queued, held, left] = [queued - taken, held + taken, left + taken];
      if (held === bufferBytes) isWritable = false;
      if (queued > limit.bytes / 2) break;
      limit.noteWait(waitedMs, left, nowMs);
      waitedMs = 0;
      queued = limit.bytes;
      if (!isWritable) break;
      if (held > bufferBytes - 4 * KIB) break;
    }
    waitedMs += POLL_MS;
    seen.push({ ms: nowMs, queued, carried });
  }
  return { limit, seen, bytesPerMs: megabits * 125 };
}

for (const megabits of [2, 20, 100]) {
  for (const bufferBytes of [256 * KIB, 2.5 * MIB, 4 * MIB]) {
    const buffer = `${bufferBytes / MIB} MiB`;
    Deno.test(`QueueLimit: at ${megabits} Mbit/s behind ${buffer}, the queue is 0.3 s at most, and the link full`, () => {
      const { seen, bytesPerMs } = simulate({ megabits, bufferBytes, ms: 20_000 });
      const oldest = Math.max(...seen.filter(({ ms }) => ms > 3_000).map(({ queued }) => queued / bytesPerMs));
      assert(oldest <= 300, `${oldest} ms`);
      const [from, to] = [seen.find(({ ms }) => ms >= 5_000)!, seen.at(-1)!];
      const rate = (to.carried - from.carried) / (to.ms - from.ms);
      assert(rate > 0.97 * bytesPerMs, `${rate} of ${bytesPerMs} bytes each ms`);
    });
  }
}

Deno.test("QueueLimit: on a fast link, it is 4 MiB after a moment, and stays that while the source sends little", () => {
  const { limit } = simulate({ megabits: 10_000, bufferBytes: 4 * MIB, ms: 200 });
  assertEquals(limit.bytes, 4 * MIB);
  for (let ms = 1_000; ms < 60_000; ms += 1_000) limit.noteWait(1, 100 * MIB + ms, ms);
  assertEquals(limit.bytes, 4 * MIB);
});
