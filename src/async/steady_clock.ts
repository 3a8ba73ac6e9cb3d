/** Milliseconds that only grow: for ages, waits and time limits. The clock of the machine can be set, ahead and back. */
export function readSteadyClock(): number {
  return performance.now();
}
