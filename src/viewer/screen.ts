/** The remote screen: noVNC's RFB, and its last frame, dimmed, while there is no connection. */
import { explainFault, explainStall, type Fault } from "./fault.ts";
import type { KeyStroke } from "./keys.ts";
import type { RfbChannel } from "./rfb_channel.ts";
import type { Settings } from "./settings.ts";
import { TolerantRfb } from "./tolerant_rfb.ts";

/** Where the screen is drawn. */
export interface ScreenElements {
  readonly host: HTMLElement;
  /** Shows the last frame. */
  readonly still: HTMLCanvasElement;
}

/** Callbacks for the events of noVNC. */
export interface ScreenEvents {
  readonly onOpen: () => void;
  /** noVNC gave up, or no picture can come. */
  readonly onFault: (fault: Fault) => void;
  readonly onCredentialsNeeded: (fields: readonly string[]) => void;
  readonly onSecurityFailure: (reason: string) => void;
  readonly onIdentity: (fingerprint: string) => void;
  readonly onClipboard: (text: string) => void;
  /** Whether the remote screen is larger than the space for it and can be moved. */
  readonly onClipping: (clipping: boolean) => void;
}

/** How long the last frame covers the new picture, which arrives shortly after the handshake. */
const FADE_MS = 400;
/** How long a server may pause in the middle of its first update. */
const STALL_MS = 4_000;

/** One remote screen over any number of connections. A page may have several. */
export class Screen {
  readonly #host: HTMLElement;
  readonly #still: HTMLCanvasElement;
  #title: string;
  readonly #events: ScreenEvents;
  #rfb: TolerantRfb | null = null;
  #settings: Settings;

  constructor({ host, still }: ScreenElements, title: string, settings: Settings, events: ScreenEvents) {
    this.#host = host;
    this.#still = still;
    this.#title = title;
    this.#settings = settings;
    this.#events = events;
  }

  /** Gives it another title, which screen readers speak. */
  rename(title: string): void {
    this.#title = title;
    this.#labelCanvas(this.#host.querySelector("canvas"));
  }

  /** Draws what arrives on the channel. */
  attach(channel: RfbChannel): void {
    const rfb = new TolerantRfb(this.#host, channel, { shared: true });
    this.#rfb = rfb;
    const on = (type: string, take: (detail: Readonly<Record<string, unknown>>) => void) =>
      rfb.addEventListener(type, (event) => rfb === this.#rfb && take((event as CustomEvent).detail));
    on("connect", () => this.#open());
    on("disconnect", () => this.#events.onFault(explainFault(rfb)));
    on("credentialsrequired", ({ types }) => this.#events.onCredentialsNeeded(types as string[]));
    on("securityfailure", ({ reason }) => this.#events.onSecurityFailure(String(reason ?? "")));
    on("serververification", ({ publickey }) => void this.#showIdentity(publickey as Uint8Array<ArrayBuffer>));
    on("clipboard", ({ text }) => this.#events.onClipboard(String(text)));
    on("clippingviewport", (clipping) => this.#events.onClipping(Boolean(clipping)));
    this.apply(this.#settings);
    this.#nameCanvas();
  }

  /** Drops the connection and keeps showing its last frame. */
  detach(): void {
    const rfb = this.#rfb;
    this.#rfb = null;
    this.#freeze();
    rfb?.disconnect();
    this.#host.replaceChildren();
  }

  /** Applies the user's settings. */
  apply(settings: Settings): void {
    this.#settings = settings;
    const rfb = this.#rfb;
    if (rfb === null) return;
    if (settings.viewOnly && !rfb.viewOnly) this.releaseKeys();
    rfb.viewOnly = settings.viewOnly;
    rfb.qualityLevel = settings.quality;
    rfb.compressionLevel = settings.compression;
    rfb.clipViewport = settings.fit === "actual" && matchMedia("(pointer: coarse)").matches;
    rfb.scaleViewport = settings.fit !== "actual";
    rfb.resizeSession = settings.fit === "remote";
  }

  /** Answers noVNC's request for credentials. */
  sendCredentials(credentials: { username?: string; password: string }): void {
    this.#rfb?.sendCredentials(credentials);
  }

  /** Tells noVNC that the user accepts the server's key. */
  approveServer(): void {
    this.#rfb?.approveServer();
  }

  /** Presses and releases keys in order. */
  sendStrokes(strokes: readonly KeyStroke[]): void {
    for (const { keysym, code, down } of strokes) this.#rfb?.sendKey(keysym, code, down);
  }

  /** Releases every key that is down on the remote screen: noVNC does so when the window loses the focus. */
  releaseKeys(): void {
    globalThis.dispatchEvent(new Event("blur"));
  }

  /** Puts text into the remote clipboard. */
  sendClipboard(text: string): void {
    this.#rfb?.clipboardPasteFrom(text);
  }

  /** Makes a finger move the view rather than the pointer. */
  moveView(moving: boolean): void {
    if (this.#rfb !== null) this.#rfb.dragViewport = moving;
  }

  /** The picture as PNG; null when there is none. */
  takePicture(): Promise<Blob | null> {
    const rfb = this.#rfb;
    return rfb === null ? Promise.resolve(null) : new Promise((resolve) => rfb.toBlob(resolve, "image/png"));
  }

  focus(): void {
    this.#rfb?.focus({ preventScroll: true });
  }

  #open(): void {
    this.#events.onOpen();
    this.#watchStall();
    this.#still.classList.add("fading");
    setTimeout(() => {
      if (this.#rfb !== null) this.#still.hidden = true;
    }, FADE_MS);
  }

  /** Notices a server whose first update never becomes whole; see `explainStall`. */
  #watchStall(arrivals = 0): void {
    const rfb = this.#rfb;
    setTimeout(() => {
      if (rfb === null || rfb !== this.#rfb || rfb.hasPicture) return;
      const fault = rfb.arrivals === arrivals ? explainStall(rfb) : undefined;
      if (fault) this.#events.onFault(fault);
      else this.#watchStall(rfb.arrivals);
    }, STALL_MS);
  }

  #freeze(): void {
    const canvas = this.#host.querySelector("canvas");
    if (canvas === null || canvas.width === 0 || canvas.height === 0) return;
    this.#still.width = canvas.width;
    this.#still.height = canvas.height;
    this.#still.style.width = canvas.style.width;
    this.#still.style.height = canvas.style.height;
    this.#still.getContext("2d")?.drawImage(canvas, 0, 0);
    this.#still.classList.remove("fading");
    this.#still.hidden = false;
  }

  /** noVNC's canvas gets the focus only by a click and has no name; keyboards and screen readers need both. */
  #nameCanvas(): void {
    const canvas = this.#host.querySelector("canvas");
    if (canvas === null) return;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    this.#labelCanvas(canvas);
    canvas.addEventListener("blur", () => this.releaseKeys());
  }

  #labelCanvas(canvas: Element | null): void {
    canvas?.setAttribute("aria-label", `Remote screen of ${this.#title}. Ctrl+Alt+Shift leaves it for the toolbar.`);
  }

  async #showIdentity(key: Uint8Array<ArrayBuffer>): Promise<void> {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", key));
    const hex = [...digest.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0"));
    this.#events.onIdentity(hex.join("-"));
  }
}
