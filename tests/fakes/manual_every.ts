import type { Every } from "../../src/tls/every.ts";

/** An `Every` whose time passes when the test says so. */
export function createManualEvery(): { every: Every; tick: () => Promise<void>; running: () => number } {
  const running = new Set<() => void | Promise<void>>();
  return {
    every(_ms, fn) {
      const entry = () => fn();
      running.add(entry);
      return () => void running.delete(entry);
    },
    tick: async () => void await Promise.all([...running].map((fn) => fn())),
    running: () => running.size,
  };
}
