/**
 * The page's WebSocket as noVNC takes it: binary frames go to noVNC, text frames are the gateway's side channel.
 * noVNC accepts any object with these members (core/websock.js, rawChannelProps), and calls `close()` without a code.
 *
 * To noVNC the channel stays open until noVNC itself closes it. The end of the WebSocket is the Connection's business:
 * noVNC knows no reason, and its "disconnect" would be taken for a fault of the VNC server.
 */
export class RfbChannel {
  binaryType = "arraybuffer";
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: ArrayBuffer }) => void) | null = null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  readonly #socket: WebSocket;
  #isClosed = false;

  /** @param onText receives each text frame; binary frames go to `onmessage`. */
  constructor(socket: WebSocket, onText: (text: string) => void) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => this.onopen?.());
    socket.addEventListener("error", (event) => this.onerror?.(event));
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") onText(data);
      else this.onmessage?.({ data });
    });
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  get readyState(): number {
    if (this.#isClosed) return WebSocket.CLOSED;
    return this.#socket.readyState === WebSocket.CONNECTING ? WebSocket.CONNECTING : WebSocket.OPEN;
  }

  send(data: ArrayBufferView<ArrayBuffer>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(data);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close(1000);
    queueMicrotask(() => this.onclose?.({ code: 1000, reason: "" }));
  }
}
