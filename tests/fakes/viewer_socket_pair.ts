/** A gateway's ViewerSocket on a real WebSocket, with the viewer at the other end. */
import { ViewerSocket } from "../../src/bridge/viewer_socket.ts";
import { openViewer, type TestViewer } from "./web_viewer.ts";

/** Both ends; disposing of it closes them and the listener. */
export interface ViewerSocketPair extends AsyncDisposable {
  readonly gateway: ViewerSocket;
  readonly viewer: TestViewer;
}

/** Opens a pair; as our page does (`porthole.v1`), or as a plain viewer. */
export async function openViewerSocketPair(protocol?: "porthole.v1"): Promise<ViewerSocketPair> {
  const made = Promise.withResolvers<ViewerSocket>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request, protocol ? { protocol } : {});
    made.resolve(
      new ViewerSocket(socket, { sideChannel: protocol !== undefined, upQueueBytes: 1 << 20, stallMs: 90_000 }),
    );
    return response;
  });
  const { port } = server.addr as Deno.NetAddr;
  const viewer = openViewer(`ws://127.0.0.1:${port}/`, protocol ? [protocol] : []);
  const gateway = await made.promise;
  await viewer.opened;
  return {
    gateway,
    viewer,
    async [Symbol.asyncDispose]() {
      await viewer[Symbol.asyncDispose]();
      await gateway.closed;
      await server.shutdown();
    },
  };
}
