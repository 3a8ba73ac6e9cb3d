/** Waits until the work has settled or so many milliseconds have passed; throws what the work throws before that. */
export async function waitAtMost(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((done) => timer = setTimeout(done, ms));
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
