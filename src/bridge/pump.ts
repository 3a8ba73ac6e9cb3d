/** Moves the bytes of one session both ways until either side ends. */
import { nextTurn } from "../async/next_turn.ts";
import { waitAtMost } from "../async/wait_at_most.ts";
import { chainStages, NO_STAGES, type Stages } from "../rfb/stage.ts";
import type { ByteStream } from "./byte_stream.ts";
import { ReadBuffer } from "./read_buffer.ts";
import type { Taps } from "./taps.ts";
import type { Turns } from "./turns.ts";
import type { Viewer } from "./viewer.ts";

/** Less than this is not worth a look at the clock. More, and a source that always has more would hold up everybody. */
const LEAST_TURN_BYTES = 64 * 1024;
/** How long the source may take to accept what the viewer sent before it left. */
const FLUSH_MS = 5_000;

interface PumpOptions {
  source: ByteStream;
  viewer: Viewer;
  /** Bytes that the handshake has already read from the source. */
  downFirst?: Uint8Array<ArrayBuffer>;
  /** The stages that the bytes go through; without them, bytes pass untouched. */
  stages?: Stages;
  /** The taps, which get a copy of what comes out of the stages. */
  taps: Taps;
  /** Shared with the other sessions. */
  turns: Turns;
  /** Counts the bytes that the source sent, and those that it accepted. */
  count: { upBytes: number; downBytes: number };
}

/** How the pump ended: the source closed, the connection to it broke, or the viewer left. */
export type PumpEnd = "source_closed" | "source_lost" | "viewer_left";

/**
 * Runs until the source's stream ends or the viewer leaves.
 *
 * The pump does not read the source while the viewer is slow. When it resolves, the viewer's socket has all that the
 * source sent, or the source has all that the viewer sent, if it accepted that within 5 s.
 *
 * @throws what a stage or the viewer's socket throws; the caller closes both sides in every case.
 */
export function pump(options: PumpOptions): Promise<PumpEnd> {
  const { viewer } = options;
  const down = pumpDown(options);
  const up = pumpUp(options);
  const left = viewer.closed.then(() => waitAtMost(up, FLUSH_MS));
  return Promise.race([
    down,
    left.then(() => "viewer_left" as const),
    up.then(() => left).then(() => "viewer_left" as const),
    viewer.failed,
  ]);
}

async function pumpDown(options: PumpOptions): Promise<"source_closed" | "source_lost"> {
  const { source, viewer, stages = NO_STAGES, downFirst, taps, turns, count } = options;
  const stage = chainStages(stages.down);
  const reader = source.readable.getReader({ mode: "byob" });
  const buffer = new ReadBuffer(turns);
  let turnBytes = 0;
  let turnBeganAt = turns.begin();
  if (downFirst) sendDown(stage ? stage.push(downFirst) : downFirst, viewer, taps);
  for (;;) {
    const room = viewer.roomBytes || await viewer.drain().then(() => viewer.roomBytes);
    const { value, done, end } = await readOrEnd(reader, buffer.lend(room));
    if (done) return end;
    count.downBytes += value.length;
    const passing = stage ? stage.push(value) : value;
    const isGiven = viewer.isLasting && passing.buffer === value.buffer && buffer.isFilledBy(passing);
    sendDown(passing, viewer, taps, isGiven);
    buffer.takeBack(value, isGiven);
    turnBytes += value.length;
    if (turnBytes < LEAST_TURN_BYTES || !turns.isOver(turnBeganAt)) continue;
    turnBytes = 0;
    await nextTurn();
    turnBeganAt = turns.begin();
  }
}

/** Treats a reset after the last byte like a close, but for its name: everything before it has been read. */
function readOrEnd(reader: ReadableStreamBYOBReader, into: Uint8Array<ArrayBuffer>) {
  return reader.read(into).then(
    ({ value, done }) => done ? { value, done, end: "source_closed" as const } : { value, done },
    () => ({ value: undefined, done: true as const, end: "source_lost" as const }),
  );
}

/** Sends what goes on; of a buffer that is given, nothing may be used again. */
function sendDown(bytes: Uint8Array, viewer: Viewer, taps: Taps, isGiven = false): void {
  if (isGiven) viewer.give(bytes as Uint8Array<ArrayBuffer>);
  else viewer.send(bytes as Uint8Array<ArrayBuffer>);
  taps.copy("down", bytes);
}

async function pumpUp({ source, viewer, stages = NO_STAGES, taps, turns, count }: PumpOptions): Promise<void> {
  const stage = chainStages(stages.up);
  const writer = source.writable.getWriter();
  for (;;) {
    const chunk = await viewer.up.take();
    if (chunk === null) return;
    turns.noteUp();
    const passing = stage ? stage.push(chunk) : chunk;
    if (passing.length === 0) continue;
    // Before the write, so that no tap sees the response before the request.
    taps.copy("up", passing);
    try {
      await writer.write(passing);
      count.upBytes += passing.length;
    } catch {
      // The source accepts no more bytes. Those that it has sent may still be unread, so their end ends the session.
      return viewer.up.clear();
    }
  }
}
