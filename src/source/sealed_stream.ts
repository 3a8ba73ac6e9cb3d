/** The plain stream of a source that speaks RSA-AES: messages are decrypted on the way down and encrypted on the way up. */
import type { MessageOpener, MessageSealer } from "../rfb/sealed_messages.ts";
import type { ByteStream } from "../bridge/byte_stream.ts";

/** Room for the longest message (65535 bytes, length and tag) and one more read. */
const BUFFER_BYTES = 128 * 1024;

/** Decrypts and encrypts a stream. Must be closed. A message that fails verification ends the stream with an error. */
export function sealStream(stream: ByteStream, opener: MessageOpener, sealer: MessageSealer): ByteStream {
  const writer = stream.writable.getWriter();
  writer.closed.catch(() => {});
  const close = () => {
    stream.close();
    opener.close();
    sealer.close();
  };
  return {
    readable: new ReadableStream(openDown(stream, opener, close), { highWaterMark: 0 }) as ByteStream["readable"],
    writable: new WritableStream({
      write: (bytes) => writer.write(sealer.seal(bytes)),
      close: () => writer.close(),
      abort: close,
    }),
    close,
  };
}

function openDown(stream: ByteStream, opener: MessageOpener, close: () => void): UnderlyingByteSource {
  const reader = stream.readable.getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(BUFFER_BYTES);
  let filled = 0;
  return {
    type: "bytes",
    async pull(controller) {
      for (;;) {
        const { value, done } = await reader.read(new Uint8Array(buffer, filled));
        if (done) {
          controller.close();
          return controller.byobRequest?.respond(0);
        }
        buffer = value.buffer;
        const wire = new Uint8Array(buffer, 0, filled + value.length);
        const { opened, used } = opener.openAll(wire);
        wire.copyWithin(0, used);
        filled = wire.length - used;
        if (opened.length > 0) return controller.enqueue(opened);
      }
    },
    cancel: close,
  };
}
