/** Patience with a login that passes through: the source may be asking its user. */
import { type SetTimer, startTimer } from "../async/timer.ts";
import type { LoginWatch } from "../rfb/login_watch.ts";
import { LoginRefused, refuseUnanswered } from "../rfb/refusal.ts";
import { ASKING_MS } from "../source/login_runner.ts";

/** How often the login is checked. */
const TICK_MS = 1_000;

/** The effects of patience. */
export interface PatienceEffects {
  /** How long the source may take for one step. */
  readonly timeoutMs: number;
  /** Called when the source may be asking its user. */
  readonly onAsking: () => void;
  /** Called when that was in vain. */
  readonly onUnanswered: (refusal: LoginRefused) => void;
  readonly setTimer?: SetTimer;
}

/** A watch over a login. */
export interface Patience {
  /** Whether the source seems to have asked its user. */
  readonly hasAsked: boolean;
  /** Ends the watch: the login is over. */
  stop(): void;
}

/** Watches a login for steps that the source does not take. */
export function watchPatience(
  login: Pick<LoginWatch, "awaited" | "isLost">,
  { timeoutMs, onAsking, onUnanswered, setTimer = startTimer }: PatienceEffects,
): Patience {
  let hasAsked = false;
  let [waitedMs, step] = [0, login.awaited];
  const look = () => {
    if (login.isLost) return;
    const isSame = step !== undefined && login.awaited === step;
    waitedMs = isSame ? waitedMs + TICK_MS : 0;
    step = login.awaited;
    if (waitedMs === ASKING_MS) {
      hasAsked = true;
      onAsking();
    }
    if (waitedMs >= timeoutMs) onUnanswered(refuseUnanswered("the server did not respond"));
    else stopTimer = setTimer(look, TICK_MS);
  };
  let stopTimer = setTimer(look, TICK_MS);
  return {
    get hasAsked() {
      return hasAsked;
    },
    stop: () => {
      hasAsked = false;
      stopTimer();
      // A session keeps this to its end, and the timer should not stay with it.
      stopTimer = () => {};
    },
  };
}

const CLOSED = new LoginRefused("ended", "the server closed the connection during the login");

/** Why the source has closed the connection, if it did so during the viewer's own login. */
export function explainClose(
  login: Pick<LoginWatch, "end" | "isLost"> | undefined,
  patience: Patience | undefined,
  title: string,
): LoginRefused | undefined {
  const hasAsked = patience?.hasAsked === true;
  const refusal = login?.end() ?? (hasAsked && !login?.isLost ? CLOSED : undefined);
  return hasAsked ? refusal?.afterAsking(title) : refusal?.of(title);
}
