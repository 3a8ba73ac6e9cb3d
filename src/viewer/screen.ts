/** The picture: noVNC's RFB on the stage, and the last frame, dimmed, while there is none. */
import RFB from "@novnc/novnc";
import type { Channel } from "./channel.ts";
import { getElement } from "./element.ts";
import type { KeyStroke } from "./keys.ts";
import type { Settings } from "./settings.ts";

/** What noVNC tells the page. */
export interface ScreenEvents {
  readonly onOpen: () => void;
  /** noVNC gave up on the stream by itself, or its socket is gone. */
  readonly onLost: () => void;
  readonly onCredentialsNeeded: (fields: readonly string[]) => void;
  readonly onSecurityFailure: (reason: string) => void;
  readonly onIdentity: (fingerprint: string) => void;
  readonly onClipboard: (text: string) => void;
  /** Whether the remote screen is larger than the stage and can be moved about. */
  readonly onClipping: (clipping: boolean) => void;
}

/** How long the old picture stays over the new one, which arrives a little after the handshake. */
const FADE_MS = 400;

/** One remote screen over any number of connections. */
export class Screen {
  readonly #host = getElement("screen", HTMLElement);
  readonly #still = getElement("still", HTMLCanvasElement);
  readonly #title: string;
  readonly #events: ScreenEvents;
  #rfb: RFB | null = null;
  #settings: Settings;

  constructor(title: string, settings: Settings, events: ScreenEvents) {
    this.#title = title;
    this.#settings = settings;
    this.#events = events;
  }

  /** Draws what comes over the channel. */
  attach(channel: Channel): void {
    const rfb = new RFB(this.#host, channel, { shared: true });
    this.#rfb = rfb;
    const on = (type: string, take: (detail: Readonly<Record<string, unknown>>) => void) =>
      rfb.addEventListener(type, (event) => rfb === this.#rfb && take((event as CustomEvent).detail));
    on("connect", () => this.#open());
    on("disconnect", () => this.#events.onLost());
    on("credentialsrequired", ({ types }) => this.#events.onCredentialsNeeded(types as string[]));
    on("securityfailure", ({ reason }) => this.#events.onSecurityFailure(String(reason ?? "")));
    on("serververification", ({ publickey }) => void this.#showIdentity(publickey as Uint8Array<ArrayBuffer>));
    on("clipboard", ({ text }) => this.#events.onClipboard(String(text)));
    on("clippingviewport", (clipping) => this.#events.onClipping(Boolean(clipping)));
    this.apply(this.#settings);
    this.#nameCanvas();
  }

  /** Lets the connection go and keeps its last frame in sight. */
  detach(): void {
    const rfb = this.#rfb;
    this.#rfb = null;
    this.#freeze();
    rfb?.disconnect();
    this.#host.replaceChildren();
  }

  /** Takes over what the person set. */
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

  /** Answers noVNC's question for credentials. */
  sendCredentials(credentials: { username?: string; password: string }): void {
    this.#rfb?.sendCredentials(credentials);
  }

  /** Answers noVNC's question whether the server is the right one. */
  approveServer(): void {
    this.#rfb?.approveServer();
  }

  /** Presses and releases keys in order. */
  sendStrokes(strokes: readonly KeyStroke[]): void {
    for (const { keysym, code, down } of strokes) this.#rfb?.sendKey(keysym, code, down);
  }

  /** Releases every key that the remote screen believes to be down: noVNC does so when the window loses the focus. */
  releaseKeys(): void {
    globalThis.dispatchEvent(new Event("blur"));
  }

  /** Puts text into the remote clipboard. */
  sendClipboard(text: string): void {
    this.#rfb?.clipboardPasteFrom(text);
  }

  /** Lets a finger move the view instead of the pointer. */
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
    this.#still.classList.add("fading");
    setTimeout(() => {
      if (this.#rfb !== null) this.#still.hidden = true;
    }, FADE_MS);
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

  /** noVNC's canvas takes the focus by a click only and has no name; a keyboard and a screen reader need both. */
  #nameCanvas(): void {
    const canvas = this.#host.querySelector("canvas");
    if (canvas === null) return;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", `Remote screen of ${this.#title}. Ctrl+Alt+Shift leaves it for the toolbar.`);
    canvas.addEventListener("blur", () => this.releaseKeys());
  }

  async #showIdentity(key: Uint8Array<ArrayBuffer>): Promise<void> {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", key));
    const hex = [...digest.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0"));
    this.#events.onIdentity(hex.join("-"));
  }
}
