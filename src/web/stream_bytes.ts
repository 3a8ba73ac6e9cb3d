/** Bytes as a stream. */

const CHUNK_BYTES = 16 * 1024;

/** Streams the bytes in small parts that share their memory, and not before somebody reads. */
export function streamBytes(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.subarray(at, at += CHUNK_BYTES));
      else controller.close();
    },
  }, { highWaterMark: 0 });
}
