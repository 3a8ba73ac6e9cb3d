import { type SetTimer, startTimer } from "./timer.ts";

/** A time limit for several awaits in a row. */
export interface Deadline {
  /** Waits for the work. Throws the error of `late()` if the time is up first, or the reason of the signal. */
  guard<T>(work: Promise<T>, late: () => Error): Promise<T>;
  /** Ends the time limit and its timer. */
  clear(): void;
}

/** Starts a time limit now. */
export function startDeadline(timeoutMs: number, signal: AbortSignal, setTimer: SetTimer = startTimer): Deadline {
  const over = Promise.withResolvers<"late" | "aborted">();
  const abort = () => over.resolve("aborted");
  const stopTimer = setTimer(() => over.resolve("late"), timeoutMs);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  return {
    async guard(work, late) {
      const outcome = await Promise.race([over.promise, work.then((value) => ({ value }))]);
      if (outcome === "late") throw late();
      if (outcome === "aborted") throw signal.reason;
      return outcome.value;
    },
    clear() {
      stopTimer();
      signal.removeEventListener("abort", abort);
    },
  };
}
