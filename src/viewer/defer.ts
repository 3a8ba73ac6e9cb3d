/** Runs work after the events that have arrived by now, also in a hidden tab, where timers are slow. */

/** Makes a function that runs something later, in order. */
export function createDefer(): (run: () => void) => void {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return (run) => {
    waiting.push(run);
    port2.postMessage(null);
  };
}
