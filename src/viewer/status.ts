/** Shows the state of the connection: the line in the toolbar and the notice over the picture. */
import type { Phase } from "./connection.ts";
import { getElement } from "./element.ts";
import { describeWait, type Ending, type Remedy } from "./ending.ts";

/** The user's actions while there is no connection. */
export interface StatusActions {
  readonly onRetry: () => void;
  readonly onStop: () => void;
}

/** The label of the button for each remedy; a sign-in has a link instead. */
const LABELS: Readonly<Record<Remedy, string>> = {
  again: "Try again",
  connect: "Connect",
  reload: "Reload the page",
  sign_in: "",
  take_back: "Take it back",
};
const CONNECTED = "Connected";
const TICK_MS = 250;
/** A shorter wait is not counted down. */
const SHORT_MS = 400;

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
  readonly #signIn = getElement("notice-sign-in", HTMLAnchorElement);
  readonly #back = getElement("notice-back", HTMLAnchorElement);
  #ticker: ReturnType<typeof setInterval> | undefined;
  #remedy: Remedy = "again";

  constructor({ onRetry, onStop }: StatusActions) {
    this.#retry.addEventListener("click", () => this.#remedy === "reload" ? location.reload() : onRetry());
    this.#stop.addEventListener("click", onStop);
    // Without a sign-in, this page's own address is answered with the sign-in page, which leads back to it.
    this.#signIn.href = location.pathname + location.search;
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

  /** Shows that the session goes on, but cannot be reached for the moment. */
  showAway(isAway: boolean): void {
    if (isAway) document.body.dataset.link = "away";
    else delete document.body.dataset.link;
    this.#rtt.textContent = "";
    const progress = document.body.dataset.phase === "open" ? CONNECTED : this.#title.textContent;
    this.#announce(isAway ? "Reconnecting…" : progress);
  }

  /** Shows a phase. */
  show(phase: Phase): void {
    clearInterval(this.#ticker);
    document.body.dataset.phase = phase.kind;
    delete document.body.dataset.link;
    this.#notice.hidden = phase.kind === "open";
    if (phase.kind !== "open") this.#rtt.textContent = "";
    this.#showButtons(phase);
    this.#wait.textContent = "";
    if (phase.kind === "open") this.#announce(CONNECTED);
    if (phase.kind === "connecting") this.#showConnecting(phase.after);
    if (phase.kind === "waiting") this.#showWaiting(phase.ending, phase.untilMs);
    if (phase.kind === "ended") this.#showEnded(phase.ending);
  }

  #showButtons(phase: Phase): void {
    const needsSignIn = phase.kind === "ended" && phase.ending.remedy === "sign_in";
    // A further attempt may last no longer than a moment: the buttons of the wait for it stay.
    const isTrying = phase.kind === "waiting" || (phase.kind === "connecting" && phase.after !== undefined);
    this.#retry.hidden = needsSignIn || !(isTrying || phase.kind === "ended");
    this.#signIn.hidden = !needsSignIn;
    this.#stop.hidden = !isTrying;
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
    this.#remedy = "again";
    this.#retry.textContent = "Try now";
    this.#title.textContent = "Reconnecting";
    this.#sentence.textContent = sentence;
    this.#announce(`Reconnecting: ${sentence}`);
    const tick = () => this.#wait.textContent = describeWait(untilMs - Date.now());
    if (untilMs - Date.now() < SHORT_MS) return void (this.#wait.textContent = describeWait(0));
    tick();
    this.#ticker = setInterval(tick, TICK_MS);
  }

  #showEnded({ remedy, sentence }: Ending): void {
    this.#remedy = remedy;
    this.#retry.textContent = LABELS[remedy];
    this.#title.textContent = "Not connected";
    this.#sentence.textContent = sentence;
    this.#announce(`Not connected: ${sentence}`);
  }

  /** Screen readers speak each change of this text, so the same text is not set again. */
  #announce(text: string): void {
    if (this.#text.textContent !== text) this.#text.textContent = text;
  }
}
