import type { ByteStream } from "../../src/bridge/byte_stream.ts";
import type { TestViewer } from "./web_viewer.ts";

/** The binary frames of a viewer as a byte stream, for an RfbViewer; call it in the tick in which the viewer was made. */
export function asByteStream({ socket }: TestViewer): ByteStream {
  const readable: ByteStream["readable"] = new ReadableStream({
    type: "bytes",
    start(controller) {
      socket.addEventListener("message", ({ data }) => {
        if (data instanceof ArrayBuffer && data.byteLength > 0) controller.enqueue(new Uint8Array(data));
      });
      socket.addEventListener("close", () => {
        controller.close();
        controller.byobRequest?.respond(0);
      });
    },
  });
  const writable = new WritableStream<Uint8Array>({ write: (bytes) => socket.send(new Uint8Array(bytes)) });
  return { readable, writable, close: () => socket.close() };
}
