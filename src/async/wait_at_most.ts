/** Waits until the work settles, for at most `ms` milliseconds. Throws if the work rejects before that. */
export async function waitAtMost(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((done) => timer = setTimeout(done, ms));
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
