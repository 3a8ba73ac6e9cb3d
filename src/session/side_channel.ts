/** The gateway's end of a session's side channel: asks for credentials and measures round-trip times. */
import { startDeadline } from "../async/deadline.ts";
import type { Viewer } from "../bridge/viewer.ts";
import { Secret } from "../config/secret.ts";
import { PortholeError } from "../errors.ts";
import type { Down, DownMessage, Up, UpMessage } from "../side_channel/messages.ts";
import type { Credentials } from "../source/credentials.ts";

/** How long a user may take to type a password. */
const ANSWER_MS = 5 * 60_000;

/** Speaks `porthole.v1` with the page. For other viewers, `canAsk` is false, and messages are not sent. */
export class SideChannel {
  readonly #viewer: Viewer;
  readonly #now: () => number;
  #answer: PromiseWithResolvers<Credentials> | undefined;
  #pinger: ReturnType<typeof setInterval> | undefined;
  #pings = 0;
  /** Id of the ping that is not answered yet, else 0. A repeated pong is ignored. */
  #unanswered = 0;
  #pingedAt = 0;
  #rttMs: number | undefined;

  constructor(viewer: Viewer, now: () => number = () => performance.now()) {
    this.#viewer = viewer;
    this.#now = now;
    viewer.onSide = (message) => this.#receive(message);
  }

  /** Whether the user can be asked for credentials. */
  get canAsk(): boolean {
    return this.#viewer.hasSideChannel;
  }

  /** The last round trip to the page and back, in milliseconds. */
  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  /** Sends a message. */
  tell(message: DownMessage): void {
    this.#viewer.sendSide(message);
  }

  /**
   * Asks the user for credentials; `message` says why the last ones were refused.
   *
   * @throws PortholeError vnc_login_failed when nobody answers within five minutes.
   */
  async ask(fields: Down<"ask">["fields"], signal: AbortSignal, message?: string): Promise<Credentials> {
    const answer = this.#answer = Promise.withResolvers<Credentials>();
    const deadline = startDeadline(ANSWER_MS, signal);
    this.tell({ type: "ask", fields, ...(message === undefined ? {} : { message }) });
    try {
      return await deadline.guard(answer.promise, describeSilence);
    } finally {
      deadline.clear();
      this.#answer = undefined;
    }
  }

  /** Pings at once and then at this interval, until `close()` or the next call. */
  startPings(intervalMs: number): void {
    this.close();
    if (!this.canAsk || intervalMs === 0) return;
    const ping = () => {
      this.#pingedAt = this.#now();
      this.#unanswered = ++this.#pings;
      this.tell({ type: "ping", id: this.#pings });
    };
    ping();
    this.#pinger = setInterval(ping, intervalMs);
  }

  /** Stops the pings. */
  close(): void {
    clearInterval(this.#pinger);
  }

  #receive(message: UpMessage): void {
    if (message.type === "credentials") this.#answer?.resolve(protectPassword(message));
    if (message.type === "pong" && message.id === this.#unanswered) {
      this.#unanswered = 0;
      this.#rttMs = Math.round((this.#now() - this.#pingedAt) * 10) / 10;
      this.tell({ type: "rtt", ms: this.#rttMs });
    }
  }
}

function protectPassword({ username, password }: Up<"credentials">): Credentials {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: new Secret(password) }),
  };
}

function describeSilence(): PortholeError {
  return new PortholeError("vnc_login_failed", "No password was entered in time");
}
