/** Calls back once after `ms` milliseconds; returns a function that cancels it. */
export type SetTimer = (work: () => void, ms: number) => () => void;

/** The runtime's own timer. */
export function startTimer(work: () => void, ms: number): () => void {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
}
