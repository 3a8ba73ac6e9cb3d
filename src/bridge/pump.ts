/** Moves the bytes of one session both ways until either side ends. */
import type { ByteStream } from "./byte_stream.ts";
import type { ViewerSocket } from "./viewer_socket.ts";

/** A read that fills its buffer makes the next one four times as large: many small sessions and one fast stream both fit. */
const READ_MIN_BYTES = 4 * 1024;
const READ_MAX_BYTES = 256 * 1024;
/** Reads in a row that leave three quarters of the buffer empty before it shrinks. */
const SHRINK_AFTER_READS = 64;
/** What the viewer sent before it left is still written, but not for longer than this. */
const FLUSH_MS = 5_000;

/** Looks at passing bytes and gives those that may go on: the same array when all may. */
export type Stage = (bytes: Uint8Array) => Uint8Array;

interface PumpOptions {
  source: ByteStream;
  viewer: ViewerSocket;
  /** Bytes that the handshake has read from the source already. */
  downFirst?: Uint8Array<ArrayBuffer>;
  upStage?: Stage;
  downStage?: Stage;
  count: { upBytes: number; downBytes: number };
}

/**
 * Runs until the source ended ("source_closed"), or the viewer did ("viewer_left").
 *
 * The source is not read while the viewer is slow. When it resolves, all that the source sent has been handed to the
 * viewer's socket, or all that the viewer sent to the source, within 5 s.
 *
 * @throws what a stage or the viewer's rules throw; the caller closes both sides in every case.
 */
export function pump(options: PumpOptions): Promise<"source_closed" | "viewer_left"> {
  const { viewer } = options;
  const down = pumpDown(options);
  const up = pumpUp(options);
  const left = viewer.closed.then(() => waitAtMost(up, FLUSH_MS));
  return Promise.race([
    down.then(() => "source_closed" as const),
    left.then(() => "viewer_left" as const),
    up.then(() => left).then(() => "viewer_left" as const),
    viewer.failed,
  ]);
}

async function pumpDown({ source, viewer, downStage, downFirst, count }: PumpOptions): Promise<void> {
  const reader = source.readable.getReader({ mode: "byob" });
  let size = READ_MIN_BYTES;
  let spare = 0;
  let buffer = new ArrayBuffer(size);
  if (downFirst) viewer.send(downStage ? downStage(downFirst) as Uint8Array<ArrayBuffer> : downFirst);
  for (;;) {
    const { value, done } = await readOrEnd(reader, new Uint8Array(buffer, 0, size));
    if (done) return;
    count.downBytes += value.length;
    viewer.send(downStage ? downStage(value) as Uint8Array<ArrayBuffer> : value);
    if (viewer.isFull) await viewer.drain();
    buffer = value.buffer;
    spare = value.length * 4 <= size ? spare + 1 : 0;
    if (value.length === size && size < READ_MAX_BYTES) buffer = new ArrayBuffer(size *= 4);
    else if (spare > SHRINK_AFTER_READS && size > READ_MIN_BYTES) {
      buffer = new ArrayBuffer(size /= 4);
      spare = 0;
    }
  }
}

/** A reset after the last byte ends the stream like a close: all that came before it has been read. */
function readOrEnd(reader: ReadableStreamBYOBReader, into: Uint8Array<ArrayBuffer>) {
  return reader.read(into).catch(() => ({ value: undefined, done: true as const }));
}

async function pumpUp({ source, viewer, upStage, count }: PumpOptions): Promise<void> {
  const writer = source.writable.getWriter();
  // A write fails when the source has gone; what it sent before may still wait to be read, so that ends the session.
  writer.closed.catch(() => {});
  for (;;) {
    const chunk = await viewer.up.take();
    if (chunk === null) return;
    const passing = upStage ? upStage(chunk) : chunk;
    if (passing.length === 0) continue;
    try {
      await writer.write(passing);
      count.upBytes += passing.length;
    } catch {
      return viewer.up.clear();
    }
  }
}

async function waitAtMost(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((done) => timer = setTimeout(done, ms));
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
