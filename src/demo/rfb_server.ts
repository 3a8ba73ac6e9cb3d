/** The RFB server of the built-in desktop. It shares no code with rfb/, so that tests have an independent oracle. */
import type { ByteStream } from "../bridge/byte_stream.ts";
import { PortholeError } from "../errors.ts";
import { ByteReader } from "./byte_reader.ts";
import type { Desktop, DesktopViewer } from "./desktop.ts";
import {
  buildServerInit,
  greetViewer,
  type HandshakeEvent,
  type RfbVersion,
  type Stage,
  withLength,
} from "./handshake.ts";
import { readMessage, textToLatin1, type ViewerMessage } from "./messages.ts";
import { PendingUpdate } from "./pending_update.ts";
import { bound, intersect, type Rect } from "./rect.ts";
import { ENCODING, RectEncoder } from "./rect_encoder.ts";

/** An event of a connection: those of the handshake, then every message of the viewer. */
export type RfbEvent = HandshakeEvent | ViewerMessage;

/** Options of one connection. */
export interface RfbServerOptions {
  /** The highest version to offer; 3.8 by default. */
  readonly version?: RfbVersion;
  /** With a password the server asks for VNC Authentication, without one it offers None. */
  readonly password?: string;
  /** Called with each message after the server has read it and before it acts on it. */
  readonly observe?: (event: RfbEvent) => void;
  /** Awaited at each stage before the next byte is sent; an error that it throws ends the connection. */
  readonly reach?: (stage: Stage) => Promise<void>;
}

/** Causes and results of a new size (rfbproto, "ExtendedDesktopSize"). */
const SIZE = { byServer: 0, byThisViewer: 1, byOtherViewer: 2, done: 0, refused: 3 } as const;

/**
 * Serves one viewer until it leaves: the server's side of RFB 3.3, 3.7 and 3.8 (RFC 6143) over any byte stream. Closes
 * the stream in every case.
 * @throws {PortholeError} `viewer_malformed`, `vnc_login_failed` for a wrong password, or `viewer_left` when the stream
 * fails. A viewer may end the stream between two messages.
 */
export async function serveRfb(stream: ByteStream, desktop: Desktop, options: RfbServerOptions = {}): Promise<void> {
  const { version = "3.8", password, observe = () => {}, reach = async () => {} } = options;
  const writer = stream.writable.getWriter();
  const reader = new ByteReader(stream.readable);
  const write = (bytes: Uint8Array) =>
    writer.write(bytes).catch((cause) => {
      throw new PortholeError("viewer_left", "The viewer left", { cause });
    });
  try {
    await greetViewer({ reader, write, version, password, observe, reach });
    const session = new RfbSession(reader, write, desktop, observe, () => stream.close());
    await write(buildServerInit(desktop.width, desktop.height, desktop.name));
    await reach("open");
    await session.run();
  } finally {
    stream.close();
  }
}

/** One viewer after the handshake: one loop reads, another sends, and the desktop marks what to send. */
class RfbSession implements DesktopViewer {
  readonly #reader: ByteReader;
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  readonly #desktop: Desktop;
  readonly #observe: (event: RfbEvent) => void;
  readonly #close: () => void;
  readonly #encoder = new RectEncoder();
  readonly #pending = new PendingUpdate();
  /** The desktop size that the viewer was last told. */
  #known: Rect;
  #requested: Rect | undefined;
  #cutText: string | undefined;
  #pseudo = new Set<number>();
  #size = { cause: SIZE.byServer as number, status: SIZE.done as number };
  #sending = false;
  #ended = false;
  #wake = () => {};

  constructor(
    reader: ByteReader,
    write: (bytes: Uint8Array) => Promise<void>,
    desktop: Desktop,
    observe: (event: RfbEvent) => void,
    close: () => void,
  ) {
    this.#reader = reader;
    this.#write = write;
    this.#desktop = desktop;
    this.#observe = observe;
    this.#close = close;
    this.#known = { x: 0, y: 0, width: desktop.width, height: desktop.height };
  }

  /** Runs both loops; the first one to end ends the other. */
  async run(): Promise<void> {
    const leave = this.#desktop.join(this);
    const loops = [this.#receive(), this.#send()];
    try {
      await Promise.race(loops);
    } finally {
      leave();
      this.#ended = true;
      this.#wake();
      this.#close();
      await Promise.allSettled(loops);
      this.#encoder.close();
    }
  }

  damaged(area: Rect): void {
    this.#pending.add(area);
    this.#wake();
  }

  /** Copies nothing while an update is under way, since its later rectangles may show either picture. */
  moved(from: Rect, to: Rect): void {
    if (this.#sending || !this.#encoder.knows(ENCODING.CopyRect)) this.#pending.add(to);
    else this.#pending.move(from, to);
    this.#wake();
  }

  resized(): void {
    this.#announceSize(SIZE.byOtherViewer, SIZE.done);
    this.#pending.clear();
    this.damaged(this.#desktopArea());
  }

  cut(text: string): void {
    this.#cutText = text;
    this.#wake();
  }

  async #receive(): Promise<void> {
    while (!this.#ended) {
      const message = await readMessage(this.#reader, this.#encoder.knows(ENCODING.ExtendedMouseButtons));
      if (!message) return;
      this.#observe(message);
      this.#act(message);
      this.#wake();
    }
  }

  #act(message: ViewerMessage): void {
    const desktop = this.#desktop;
    switch (message.type) {
      case "SetPixelFormat":
        return this.#encoder.setFormat(message.format);
      case "SetEncodings":
        return this.#setEncodings(message.encodings);
      case "FramebufferUpdateRequest":
        return this.#request(message.area, message.incremental);
      case "KeyEvent":
        return desktop.key(message.down, message.keysym);
      case "PointerEvent":
        return desktop.pointer(message.x, message.y, message.buttons);
      case "ClientCutText":
        return desktop.cut(message.text);
      case "SetDesktopSize":
        return this.#resize(message.width, message.height);
    }
  }

  /** Announces once each extension that the viewer has listed: the size, the cursor, the extended mouse buttons. */
  #setEncodings(encodings: readonly number[]): void {
    const announced = [ENCODING.ExtendedDesktopSize, ENCODING.Cursor, ENCODING.ExtendedMouseButtons];
    const fresh = announced.filter((encoding) => encodings.includes(encoding) && !this.#encoder.knows(encoding));
    this.#encoder.setEncodings(encodings);
    if (!this.#encoder.knows(ENCODING.CopyRect)) this.#pending.dropCopy();
    for (const encoding of fresh) this.#pseudo.add(encoding);
    const { width, height } = this.#known;
    if (width !== this.#desktop.width || height !== this.#desktop.height) {
      this.#announceSize(SIZE.byOtherViewer, SIZE.done);
    }
  }

  #request(area: Rect, incremental: boolean): void {
    const visible = intersect(area, this.#desktopArea());
    if (!visible) return;
    this.#requested = this.#requested ? bound(this.#requested, visible) : visible;
    if (incremental) return;
    this.#pending.dropCopy();
    this.#pending.add(visible);
  }

  #resize(width: number, height: number): void {
    const done = this.#desktop.resize(width, height);
    this.#announceSize(SIZE.byThisViewer, done ? SIZE.done : SIZE.refused);
  }

  #announceSize(cause: number, status: number): void {
    if (this.#encoder.knows(ENCODING.ExtendedDesktopSize)) this.#pseudo.add(ENCODING.ExtendedDesktopSize);
    else if (this.#encoder.knows(ENCODING.DesktopSize) && status === SIZE.done) this.#pseudo.add(ENCODING.DesktopSize);
    this.#size = { cause, status };
  }

  #desktopArea(): Rect {
    return { x: 0, y: 0, width: this.#desktop.width, height: this.#desktop.height };
  }

  async #send(): Promise<void> {
    while (!this.#ended) {
      if (this.#cutText !== undefined) await this.#sendCutText(this.#cutText);
      else if (this.#requested && this.#pseudo.size > 0) await this.#sendPseudo();
      else if (this.#requested && this.#pending.touches(this.#requested)) await this.#sendUpdate(this.#requested);
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Sends ServerCutText (RFC 6143 section 7.6.4). */
  async #sendCutText(text: string): Promise<void> {
    this.#cutText = undefined;
    await this.#write(Uint8Array.of(3, 0, 0, 0));
    await this.#write(withLength(textToLatin1(text)));
  }

  /** Sends pseudo-rectangles without pixels, as a new size must be sent (rfbproto, "ExtendedDesktopSize"). */
  async #sendPseudo(): Promise<void> {
    this.#requested = undefined;
    const { cause, status } = this.#size;
    const rectangles = [...this.#pseudo].map((encoding) => {
      if (encoding === ENCODING.Cursor) return this.#encoder.encodeCursor();
      if (encoding === ENCODING.ExtendedMouseButtons) return this.#encoder.encodeMouseButtons();
      this.#known = this.#desktopArea();
      return this.#encoder.encodeSize(encoding, this.#known, cause, status);
    });
    this.#pseudo.clear();
    this.#size = { cause: SIZE.byServer, status: SIZE.done };
    await this.#writeUpdateHeader(rectangles.length);
    for (const rectangle of rectangles) await this.#write(rectangle);
  }

  /** Sends FramebufferUpdate (RFC 6143 section 7.6.1); reads each rectangle from the desktop right before. */
  async #sendUpdate(area: Rect): Promise<void> {
    this.#requested = undefined;
    const visible = intersect(area, this.#known);
    if (!visible) return;
    const { copy, damage } = this.#pending.take(visible);
    const bands = this.#encoder.cut(damage);
    this.#sending = true;
    await this.#writeUpdateHeader(bands.length + (copy ? 1 : 0));
    if (copy) await this.#write(this.#encoder.encodeCopy(copy));
    for (const band of bands) {
      for (const part of await this.#encoder.encode(band, (tile) => this.#desktop.readPixels(tile))) {
        await this.#write(part);
      }
    }
    this.#sending = false;
  }

  #writeUpdateHeader(count: number): Promise<void> {
    if (count > 0xffff) throw new PortholeError("internal", "Too many rectangles in one update");
    return this.#write(Uint8Array.of(0, 0, count >> 8, count & 255));
  }
}
