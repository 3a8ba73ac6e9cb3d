/** A browser's WebSocket without a network: tests say what arrives, and read what was sent. */

/** What a test holds of it; `asWebSocket` is what the page gets. */
export class FakeBrowserSocket extends EventTarget {
  readyState: number = WebSocket.CONNECTING;
  binaryType = "blob";
  protocol = "porthole.v1";
  url = "wss://gateway.example/ws/vnc/pi";
  readonly sent: unknown[] = [];
  closedWith: number | undefined;

  get asWebSocket(): WebSocket {
    return this as unknown as WebSocket;
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  /** The page closes; the other side may never answer. */
  close(code?: number): void {
    this.readyState = WebSocket.CLOSING;
    this.closedWith = code;
  }

  /** The connection is up. */
  open(): void {
    this.readyState = WebSocket.OPEN;
    this.dispatchEvent(new Event("open"));
  }

  /** A frame arrives: text, bytes, or an object as JSON text. */
  receive(data: string | ArrayBuffer | Readonly<Record<string, unknown>>): void {
    const frame = typeof data === "string" || data instanceof ArrayBuffer ? data : JSON.stringify(data);
    this.dispatchEvent(new MessageEvent("message", { data: frame }));
  }

  /** The connection ends from the other side. */
  end(code: number, reason = ""): void {
    this.readyState = WebSocket.CLOSED;
    this.dispatchEvent(new CloseEvent("close", { code, reason }));
  }
}
