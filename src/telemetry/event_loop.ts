/** How late the event loop runs what is due: the first sign of a gateway that does too much. */

const INTERVAL_MS = 500;

/** Reports the delay of a timer, in seconds, every half second until closed. */
export function watchEventLoop(report: (seconds: number) => void): { close(): void } {
  let due = performance.now() + INTERVAL_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    report(Math.max(0, now - due) / 1000);
    due = now + INTERVAL_MS;
  }, INTERVAL_MS);
  return { close: () => clearInterval(timer) };
}
