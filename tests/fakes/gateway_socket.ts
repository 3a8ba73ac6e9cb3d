/** The gateway's end of a WebSocket without a network: the test says what is unsent and what arrives. */
export class FakeGatewaySocket extends EventTarget {
  readyState: number = WebSocket.OPEN;
  binaryType = "blob";
  /** Grows with each frame, as with a peer that reads nothing; the test takes from it. */
  bufferedAmount = 0;
  readonly frames: (Uint8Array | string)[] = [];
  closedWith: number | undefined;
  /** With true, the peer takes each frame at once. */
  isFast = false;
  onmessage: ((event: MessageEvent) => void) | null = null;

  get asWebSocket(): WebSocket {
    return this as unknown as WebSocket;
  }

  /** All bytes of the binary frames. */
  bytes(): Uint8Array {
    return new Uint8Array(this.frames.flatMap((frame) => typeof frame === "string" ? [] : [...frame]));
  }

  send(data: Uint8Array | string): void {
    this.frames.push(typeof data === "string" ? data : data.slice());
    if (!this.isFast) this.bufferedAmount += data.length;
  }

  close(code: number): void {
    this.readyState = WebSocket.CLOSING;
    this.closedWith = code;
  }

  /** A binary frame or a text frame arrives. */
  receive(data: Uint8Array | string): void {
    const frame = typeof data === "string" ? data : data.slice().buffer;
    this.onmessage?.(new MessageEvent("message", { data: frame }));
  }

  /** The connection has ended: by a close frame, or with 1006 without one. */
  end(code = 1000, wasClean = code !== 1006): void {
    this.readyState = WebSocket.CLOSED;
    this.dispatchEvent(new CloseEvent("close", { code, wasClean }));
  }
}
