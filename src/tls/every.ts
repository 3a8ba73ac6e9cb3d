/** Runs `fn` every `ms` milliseconds until the returned function is called. */
export type Every = (ms: number, fn: () => void | Promise<void>) => () => void;

/** The `Every` of the real clock. Its timer does not keep the process alive. */
export const everyInterval: Every = (ms, fn) => {
  const timer = setInterval(fn, ms);
  Deno.unrefTimer(timer);
  return () => clearInterval(timer);
};

/** The same work, which does not begin again before it has ended. */
export function skipWhileRunning(work: () => Promise<void>): () => Promise<void> {
  let running = false;
  return async () => {
    if (running) return;
    running = true;
    try {
      await work();
    } finally {
      running = false;
    }
  };
}
