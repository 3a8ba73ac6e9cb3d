/** Runs `fn` every `ms` milliseconds until the returned function is called. */
export type Every = (ms: number, fn: () => void) => () => void;

/** The `Every` of the real clock. Its timer does not keep the process alive. */
export const everyInterval: Every = (ms, fn) => {
  const timer = setInterval(fn, ms);
  Deno.unrefTimer(timer);
  return () => clearInterval(timer);
};
