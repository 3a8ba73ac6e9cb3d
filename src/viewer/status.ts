/** Shows the state of the connection: the line in the toolbar and the notice over the picture. */
import { closeCodeOf } from "../errors.ts";
import type { Phase } from "./connection.ts";
import { getElement } from "./element.ts";
import { describeWait, type Ending } from "./ending.ts";

/** The user's actions while there is no connection. */
export interface StatusActions {
  readonly onRetry: () => void;
  readonly onStop: () => void;
}

/** Close codes after which only a new page can help, such as a missing sign-in. */
const RELOAD_CODES: ReadonlySet<number> = new Set(
  (["text_refused", "viewer_malformed", "sign_in_required"] as const).map(closeCodeOf),
);
const TICK_MS = 250;

/** The status line and the notice. */
export class Status {
  readonly #text = getElement("status-text", HTMLElement);
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

  /** Shows the progress of the connection attempt; ignored once there is a picture. */
  showProgress(text: string): void {
    if (document.body.dataset.phase === "open") return;
    this.#announce(text);
    this.#title.textContent = text;
  }

  /** Shows the round trip. */
  showRoundTrip(ms: number): void {
    this.#rtt.textContent = `${Math.round(ms)} ms`;
  }

  /** Shows a phase. */
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

  /** A further attempt keeps showing the reason of the last ending: the first attempts are too short to read more. */
  #showConnecting(after: Ending | undefined): void {
    if (after === undefined) this.showProgress("Connecting…");
    this.#sentence.textContent = after?.sentence ?? "";
    this.#wait.textContent = after === undefined ? "" : describeWait(0);
  }

  /** Screen readers speak the sentence once; the countdown is only visible. */
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

  /** Screen readers speak each change of this text, so the same text is not set again. */
  #announce(text: string): void {
    if (this.#text.textContent !== text) this.#text.textContent = text;
  }
}

function nameRetry(close: number): string {
  if (close === closeCodeOf("sign_in_required")) return "Sign in";
  return close === closeCodeOf("viewer_left") ? "Connect" : "Try again";
}
