/** The gateway's WebSocket, as a program sees it. */
import type { ByteStream } from "../../src/bridge/byte_stream.ts";

/** A WebSocket's binary messages as a stream of bytes. */
export async function openWebStream(
  url: string | URL,
  options: WebSocketOptions,
): Promise<ByteStream & { closed: Promise<unknown> }> {
  const socket = new WebSocket(url, options);
  socket.binaryType = "arraybuffer";
  const closed = new Promise((resolve) => socket.onclose = resolve);
  const readable = new ReadableStream<Uint8Array<ArrayBuffer>>({
    type: "bytes",
    start: (controller) => {
      socket.onmessage = ({ data }) => controller.enqueue(new Uint8Array(data));
    },
  });
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = (event) => reject(new Error((event as ErrorEvent).message));
  });
  const writable = new WritableStream<Uint8Array>({ write: (bytes) => socket.send(bytes.slice()) });
  return { readable, writable, closed, close: () => socket.close() };
}
