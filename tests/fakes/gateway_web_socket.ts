/** The gateway's end of a WebSocket without a network: tests say what is unsent, and see what is done to it. */
import { ViewerSocket } from "../../src/bridge/viewer_socket.ts";

/** What a test holds of the WebSocket. */
export class FakeWebSocket extends EventTarget {
  readyState: number = WebSocket.OPEN;
  bufferedAmount = 0;
  readonly frames: unknown[] = [];
  closedWith: number | undefined;
  onmessage: ((event: MessageEvent) => void) | null = null;

  send(data: Uint8Array | string): void {
    this.frames.push(data);
    this.bufferedAmount += data.length;
  }

  close(code: number): void {
    this.readyState = WebSocket.CLOSING;
    this.closedWith = code;
  }

  /** The connection has ended. */
  end(code: number): void {
    this.readyState = WebSocket.CLOSED;
    this.dispatchEvent(new CloseEvent("close", { code }));
  }

  /** A frame arrives from the viewer. */
  receive(data: unknown): void {
    this.onmessage?.(new MessageEvent("message", { data }));
  }
}

/** A ViewerSocket on a fake WebSocket, with its clock in the hands of the test. */
export function makeViewerRig({ sideChannel = false, stallMs = 90_000, upQueueBytes = 1000 } = {}) {
  const socket = new FakeWebSocket();
  const clock = { ms: 0 };
  const options = { sideChannel, upQueueBytes, stallMs, now: () => clock.ms };
  const viewer = new ViewerSocket(socket as unknown as WebSocket, options);
  return { socket, clock, viewer };
}
