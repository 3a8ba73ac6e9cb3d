/** Tells the person where the connection is: the line in the toolbar and the notice over the picture. */
import { closeCodeOf } from "../errors.ts";
import type { Phase } from "./connection.ts";
import { getElement } from "./element.ts";
import { describeWait, type Ending } from "./ending.ts";

/** What the person may ask of a connection that is not there. */
export interface StatusActions {
  readonly onRetry: () => void;
  readonly onStop: () => void;
}

/** Endings that only a fresh page mends, such as a sign-in. */
const RELOAD_CODES: ReadonlySet<number> = new Set(
  (["text_refused", "viewer_malformed", "sign_in_required"] as const).map(closeCodeOf),
);
const TICK_MS = 250;

/** The words about the connection. */
export class Status {
  readonly #words = getElement("status-words", HTMLElement);
  readonly #rtt = getElement("rtt", HTMLElement);
  readonly #notice = getElement("notice", HTMLElement);
  readonly #title = getElement("notice-title", HTMLElement);
  readonly #sentence = getElement("notice-sentence", HTMLElement);
  readonly #wait = getElement("notice-wait", HTMLElement);
  readonly #retry = getElement("notice-retry", HTMLButtonElement);
  readonly #stop = getElement("notice-stop", HTMLButtonElement);
  readonly #back = getElement("notice-back", HTMLAnchorElement);
  #ticker: ReturnType<typeof setInterval> | undefined;
  #reload = false;

  constructor({ onRetry, onStop }: StatusActions) {
    this.#retry.addEventListener("click", () => this.#reload ? location.reload() : onRetry());
    this.#stop.addEventListener("click", onStop);
  }

  /** How far the connecting is, in words; a message that comes after the picture changes nothing. */
  showProgress(words: string): void {
    if (document.body.dataset.phase === "open") return;
    this.#announce(words);
    this.#title.textContent = words;
  }

  /** Round trip in milliseconds. */
  showRoundTrip(ms: number): void {
    this.#rtt.textContent = `${Math.round(ms)} ms`;
  }

  /** Shows a phase as a whole. */
  show(phase: Phase): void {
    clearInterval(this.#ticker);
    document.body.dataset.phase = phase.kind;
    this.#notice.hidden = phase.kind === "open";
    if (phase.kind !== "open") this.#rtt.textContent = "";
    this.#showButtons(phase);
    this.#wait.textContent = "";
    if (phase.kind === "open") this.#announce("Connected");
    if (phase.kind === "connecting") this.#showConnecting(phase.after);
    if (phase.kind === "waiting") this.#showWaiting(phase.ending, phase.untilMs);
    if (phase.kind === "ended") this.#showEnded(phase.ending);
  }

  #showButtons(phase: Phase): void {
    this.#retry.hidden = phase.kind === "connecting" || phase.kind === "open";
    this.#stop.hidden = phase.kind !== "waiting";
    this.#back.hidden = phase.kind !== "ended";
  }

  /** A further try keeps the reason in sight: the first ones are over too soon to read anything new. */
  #showConnecting(after: Ending | undefined): void {
    if (after === undefined) this.showProgress("Connecting…");
    this.#sentence.textContent = after?.sentence ?? "";
    this.#wait.textContent = after === undefined ? "" : describeWait(0);
  }

  /** The sentence is announced once; the countdown runs for the eye only. */
  #showWaiting({ sentence }: Ending, untilMs: number): void {
    this.#reload = false;
    this.#retry.textContent = "Try now";
    this.#title.textContent = "Reconnecting";
    this.#sentence.textContent = sentence;
    this.#announce(`Reconnecting: ${sentence}`);
    const tick = () => this.#wait.textContent = describeWait(untilMs - performance.now());
    tick();
    this.#ticker = setInterval(tick, TICK_MS);
  }

  #showEnded({ close, sentence }: Ending): void {
    this.#reload = RELOAD_CODES.has(close);
    this.#retry.textContent = nameRetry(close);
    this.#title.textContent = "Not connected";
    this.#sentence.textContent = sentence;
    this.#announce(`Not connected: ${sentence}`);
  }

  /** Screen readers speak each change of this text, so the same words are not written again. */
  #announce(words: string): void {
    if (this.#words.textContent !== words) this.#words.textContent = words;
  }
}

function nameRetry(close: number): string {
  if (close === closeCodeOf("sign_in_required")) return "Sign in";
  return close === closeCodeOf("viewer_left") ? "Connect" : "Try again";
}
