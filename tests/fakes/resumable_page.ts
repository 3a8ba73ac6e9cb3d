/** A viewer page that acknowledges and comes back, without a browser: each of its WebSockets is a link of its own. */
import { dropSocket } from "../../src/bridge/drop_socket.ts";
import { isCounted, parseDown, type UpMessage, writeMessage } from "../../src/side_channel/messages.ts";
import { type Frame, SentFrames } from "../../src/side_channel/sent_frames.ts";

/** A message of the gateway, parsed. */
interface SideMessage {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** How a page behaves. */
interface PageOptions {
  readonly headers?: Record<string, string>;
  /** Whether it acknowledges what arrives; true if not given. */
  readonly acknowledges?: boolean;
}

/** One page and its session; disposing of it leaves for good. */
export class ResumablePage implements AsyncDisposable {
  readonly side: SideMessage[] = [];
  /** Every binary frame, in order. */
  readonly chunks: Uint8Array[] = [];
  byteCount = 0;
  /** The token for the next return. */
  token = "";
  /** Position up to which it has what the gateway sent. */
  received = 0;
  /** Number of links that the gateway has given its `resumable`. */
  links = 0;
  headers: Record<string, string>;
  readonly #url: string;
  readonly #acknowledges: boolean;
  readonly #sent = new SentFrames();
  readonly #wakers = new Set<() => void>();
  #socket: WebSocket | undefined;
  #closed: Promise<{ code: number; reason: string }> = Promise.resolve({ code: 0, reason: "" });
  #isReady = false;

  /** @param url of the source's WebSocket, without a query. */
  constructor(url: string, { headers = {}, acknowledges = true }: PageOptions = {}) {
    this.#url = url;
    this.headers = headers;
    this.#acknowledges = acknowledges;
  }

  /** Opens a page, and waits until it has a token. */
  static async open(url: string, options: PageOptions = {}): Promise<ResumablePage> {
    const page = new ResumablePage(url, options);
    page.connect("new");
    await page.until(({ token }) => token !== "");
    return page;
  }

  /** Resolves when the link of now has closed. */
  get closed(): Promise<{ code: number; reason: string }> {
    return this.#closed;
  }

  get isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** The bytes so far, joined. */
  bytes(): Uint8Array {
    return new Uint8Array(this.chunks.flatMap((chunk) => [...chunk]));
  }

  /** The last message of this type. */
  last(type: string): SideMessage | undefined {
    return this.side.findLast((message) => message.type === type);
  }

  /** Opens a link, which says `first` as soon as it is open. */
  connect(resume: "new" | "held", first: UpMessage | string | undefined = undefined): void {
    const { headers } = this;
    const socket = new WebSocket(
      `${this.#url}?resume=${resume}`,
      { protocols: ["porthole.v1"], headers } as unknown as string[],
    );
    this.#socket = socket;
    this.#isReady = false;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("error", (event) => event.preventDefault());
    socket.addEventListener("open", () => {
      if (first !== undefined) socket.send(typeof first === "string" ? first : writeMessage(first));
      this.#wake();
    });
    this.#closed = new Promise((done) => {
      socket.addEventListener("close", ({ code, reason }) => {
        done({ code, reason });
        this.#wake();
      });
    });
    socket.addEventListener("message", ({ data }) => socket === this.#socket && this.#receive(data));
  }

  /** Comes back with the token that it has, or another one. */
  resume({ token = this.token, received = this.received } = {}): void {
    this.connect("held", { type: "resume", token, received });
  }

  /** Comes back, and waits until the gateway has accepted that. */
  async comeBack(): Promise<void> {
    const before = this.links;
    this.resume();
    await this.until(({ links }) => links > before);
  }

  /** Its connection breaks, without a close frame. */
  async cut(): Promise<void> {
    const [socket, closed] = [this.#socket!, this.#closed];
    dropSocket(socket);
    await closed;
  }

  /** Closes its link with this code: 1000 and 1001 leave for good. */
  async close(code = 1000): Promise<void> {
    if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) this.#socket.close(code);
    await this.#closed;
  }

  /** Sends bytes or a message, which come again on the next link if need be. */
  send(frame: Uint8Array<ArrayBuffer> | UpMessage): void {
    const isCountedFrame = frame instanceof Uint8Array || isCounted(frame);
    const written: Frame = frame instanceof Uint8Array ? frame.slice() : writeMessage(frame);
    if (isCountedFrame) this.#sent.push(written);
    if (this.#isReady && this.isConnected) this.#socket!.send(written);
  }

  /** Sends a frame as it is, counted by nobody. */
  sendRaw(frame: Uint8Array<ArrayBuffer> | string): void {
    this.#socket!.send(frame);
  }

  /** Waits until the condition holds, looking at every event; fails when the link closes before. */
  until(condition: (page: ResumablePage) => boolean): Promise<void> {
    const socket = this.#socket;
    return new Promise((done, fail) => {
      const look = () => {
        if (condition(this)) done();
        else if (socket === this.#socket && socket?.readyState === WebSocket.CLOSED) {
          fail(new Error(`The link closed before ${condition}: ${JSON.stringify(this.side.slice(-3))}`));
        } else return;
        this.#wakers.delete(look);
      };
      this.#wakers.add(look);
      look();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #wake(): void {
    for (const look of [...this.#wakers]) look();
  }

  /** A connection that was cut may give a last message without data. */
  #receive(data: unknown): void {
    if (typeof data === "string") this.#receiveText(data);
    else if (data instanceof ArrayBuffer) {
      this.chunks.push(new Uint8Array(data));
      this.byteCount += data.byteLength;
      this.#take(data.byteLength);
    }
    this.#wake();
  }

  #receiveText(text: string): void {
    const message = JSON.parse(text) as SideMessage;
    this.side.push(message);
    if (message.type === "resumable") return this.#begin(message);
    if (message.type === "ack") return void this.#sent.acknowledge(message.received as number);
    if (!parseDown(text).isUncounted) this.#take(text.length);
    if (message.type === "goodbye") this.#socket?.close(1000);
  }

  #begin({ token, received }: SideMessage): void {
    this.token = token as string;
    // Refused for a page that has the token of another one.
    this.#sent.acknowledge(received as number);
    this.#isReady = true;
    this.links++;
    // The gateway voids the token before as soon as it hears that this one has come.
    this.#acknowledge();
    for (const frame of this.#sent.list()) this.#socket?.send(frame);
  }

  #take(length: number): void {
    this.received += length;
    this.#acknowledge();
  }

  #acknowledge(): void {
    if (this.#acknowledges && this.isConnected) this.sendRaw(writeMessage({ type: "ack", received: this.received }));
  }
}
