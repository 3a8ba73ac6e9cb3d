/** Long, because a program's first start reads all of it from a disk that may be slow. */
const WAIT_MS = 60_000;
const CHECK_MS = 10;

/**
 * Looks again and again until it finds something other than undefined or false, for what tells nobody when it changes.
 *
 * @throws Error after 60 s, naming what was waited for
 */
export async function waitUntil<T>(
  look: () => T | Promise<T>,
  what = String(look),
): Promise<Exclude<T, undefined | false>> {
  const endMs = performance.now() + WAIT_MS;
  while (true) {
    const found = await look();
    if (found !== undefined && found !== false) return found as Exclude<T, undefined | false>;
    if (performance.now() > endMs) throw new Error(`Waited in vain for ${what}`);
    await new Promise((done) => setTimeout(done, CHECK_MS));
  }
}
