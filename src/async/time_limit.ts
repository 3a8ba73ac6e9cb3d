import { type SetTimer, startTimer } from "./timer.ts";

/** A signal for one piece of work. Dispose of it when the work has ended. */
export interface TimeLimit extends Disposable {
  /** Aborts when the time is up, with a TimeoutError, and when the outer signal aborts, with its reason. */
  readonly signal: AbortSignal;
  /** Whether the time was up first. */
  readonly isOver: boolean;
}

/**
 * Limits the time of a piece of work. AbortSignal.timeout() would stay until its time is up, long after the work; and since
 * it is old by then, the garbage collector moves what it refers to, such as a whole session, to the old objects, which are
 * seldom collected.
 */
export function limitTime(ms: number, outer?: AbortSignal, setTimer: SetTimer = startTimer): TimeLimit {
  const controller = new AbortController();
  let isOver = false;
  const stopTimer = setTimer(() => {
    isOver = !controller.signal.aborted;
    controller.abort(new DOMException("The time is up", "TimeoutError"));
  }, ms);
  const follow = () => controller.abort(outer?.reason);
  if (outer?.aborted) follow();
  outer?.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    get isOver() {
      return isOver;
    },
    [Symbol.dispose]() {
      stopTimer();
      outer?.removeEventListener("abort", follow);
    },
  };
}
