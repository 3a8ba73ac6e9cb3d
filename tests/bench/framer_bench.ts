/**
 * What the stages cost by themselves, run by hand: `deno run tests/bench/framer_bench.ts`. Synthetic streams, one core,
 * no sockets; a relay moves 1 to 1.5 GB/s down and about 50 000 messages a second up. Data that is only skipped costs
 * nothing, so that the figures for it have no meaning beyond that.
 */
import { createDownFramer } from "../../src/rfb/down_framer.ts";
import { ENCODING } from "../../src/rfb/encodings.ts";
import { PixelState } from "../../src/rfb/pixel_format.ts";
import { createUpFilter, type UpPolicy } from "../../src/rfb/up_filter.ts";
import * as client from "../unit/rfb/client_bytes.ts";
import { concat, cut } from "../unit/rfb/cuts.ts";
import * as server from "../unit/rfb/server_bytes.ts";

const ROUND_MS = 400;
const MEGABYTE = 1e6;
const PIXELS = { bytes: 4, tightBytes: 3 };
const MESSAGES_PER_UP_CHUNK = 2;

/** Updates of the kind that servers send for text and pictures. */
const STREAMS: Record<string, number[]> = {
  raw: repeat(2, () => server.rectangle(ENCODING.raw, 320, 200, server.noise(320 * 200 * 4))),
  "tight, lossless": repeat(300, (n) => {
    const kind = (["fill", "copy", "palette"] as const)[n % 3]!;
    const how = { kind, deflated: 100 + n * 13 % 3000, colours: 2 + n % 60 };
    return server.rectangle(ENCODING.tight, 64, 48, server.tight(PIXELS, 64, 48, how));
  }),
  "tight, jpeg": repeat(100, (n) => {
    const how = { kind: n % 4 ? "picture" : "fill", deflated: 3000 + n * 91 } as const;
    return server.rectangle(ENCODING.tight, 128, 64, server.tight(PIXELS, 128, 64, how));
  }),
  zrle: repeat(100, (n) => server.rectangle(ENCODING.zrle, 64, 64, server.counted(500 + n * 97))),
  hextile: repeat(
    20,
    () => server.rectangle(ENCODING.hextile, 320, 64, server.hextile(PIXELS, 320, 64, [0, 2, 10, 12, 26, 0, 1, 8])),
  ),
  "tight, fill only (worst)": repeat(
    4000,
    () => server.rectangle(ENCODING.tight, 64, 64, server.tight(PIXELS, 64, 64, { kind: "fill", deflated: 0 })),
  ),
  "hextile, plain tiles (worst)": repeat(
    4,
    () => server.rectangle(ENCODING.hextile, 1024, 768, server.hextile(PIXELS, 1024, 768, [0, 2])),
  ),
};

const POLICIES: Record<string, UpPolicy> = {
  "view-only": { viewOnly: true, clipboardIn: true, clipboardOut: true, cutTextLimitBytes: () => 1024 ** 2 },
  "clipboard out": { viewOnly: false, clipboardIn: false, clipboardOut: true, cutTextLimitBytes: () => 1024 ** 2 },
};

for (const [name, stream] of Object.entries(STREAMS)) {
  const bytes = concat([stream]);
  const speeds = [1400, 65_536, 262_144].map((size) => measureDown(cut(bytes, [size])));
  console.log(`down, ${name}: ${speeds.join(", ")} MB/s in chunks of 1.4, 64 and 256 KiB`);
}
for (const [name, policy] of Object.entries(POLICIES)) {
  console.log(`up, ${name}: ${measureUp(policy)} ns for a chunk of two messages, 20 bytes`);
}

function repeat(count: number, make: (n: number) => server.Rectangle): number[] {
  return server.update(Array.from({ length: count }, (_, n) => make(n)));
}

function measureDown(chunks: readonly Uint8Array[]): number {
  const framer = createDownFramer({ pixels: new PixelState(Uint8Array.from(client.TRUE_COLOUR)), cutText: "none" });
  let bytes = 0;
  const ms = runFor(() => {
    for (const chunk of chunks) bytes += framer.push(chunk).length;
  });
  return Math.round(bytes / MEGABYTE / (ms / 1000));
}

function measureUp(policy: UpPolicy): number {
  const chunk = concat(Array.from({ length: MESSAGES_PER_UP_CHUNK }, () => client.updateRequest()));
  const filters = Array.from({ length: 64 }, () => createUpFilter(policy));
  let chunks = 0;
  const ms = runFor(() => {
    for (const filter of filters) chunks += filter.push(chunk).length / chunk.length;
  });
  return Math.round(ms * 1e6 / chunks);
}

/** Repeats the work until the time is over, and returns the milliseconds it took. */
function runFor(work: () => void): number {
  const start = performance.now();
  while (performance.now() - start < ROUND_MS) work();
  return performance.now() - start;
}
