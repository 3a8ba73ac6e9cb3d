/** Lag of the event loop: the first sign of an overloaded gateway. */

const INTERVAL_MS = 500;

/** Reports how late a timer fired, in seconds, every half second until closed. */
export function watchEventLoop(report: (seconds: number) => void): { close(): void } {
  let due = performance.now() + INTERVAL_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    report(Math.max(0, now - due) / 1000);
    due = now + INTERVAL_MS;
  }, INTERVAL_MS);
  return { close: () => clearInterval(timer) };
}
