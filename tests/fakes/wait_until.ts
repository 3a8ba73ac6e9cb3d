const WAIT_MS = 30_000;
const CHECK_MS = 5;

/** Resolves once the condition holds, for what tells nobody when it changes. @throws Error after 30 s */
export async function waitUntil(condition: () => boolean, what = String(condition)): Promise<void> {
  const endMs = performance.now() + WAIT_MS;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`Waited in vain for ${what}`);
    await new Promise((done) => setTimeout(done, CHECK_MS));
  }
}
