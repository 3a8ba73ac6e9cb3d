import type { ByteStream } from "../../../src/bridge/byte_stream.ts";

/** The stream with its down direction in pieces: `nextSize` says how long each may be; 0 ends it there. */
export function cutStream(stream: ByteStream, nextSize: () => number): ByteStream {
  const reader = stream.readable.getReader({ mode: "byob" });
  return {
    readable: new ReadableStream({
      type: "bytes",
      async pull(controller) {
        const size = nextSize();
        const { value, done } = size === 0
          ? { value: undefined, done: true as const }
          : await reader.read(new Uint8Array(size)).catch(() => ({ value: undefined, done: true as const }));
        if (value?.length) return controller.enqueue(value);
        if (!done) return;
        controller.close();
        controller.byobRequest?.respond(0);
      },
    }, { highWaterMark: 0 }) as ByteStream["readable"],
    writable: stream.writable,
    close: () => stream.close(),
  };
}

/** Sizes of 1 to `most` bytes from a seed: the same seed gives the same cuts. */
export function randomSizes(seed: number, most: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 1 + state % most;
  };
}
