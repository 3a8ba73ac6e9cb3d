/**
 * Writes down what the bundle in static/ was made from, so that a test can tell a stale one.
 * The output itself cannot be compared: another version of Deno carries another bundler.
 */
const ROOT = new URL("../", import.meta.url);

/** Where the hash of the sources stands, beside what was made from them. */
export const HASH_FILE = new URL("static/bundle.sha256", ROOT);

/** SHA-256, as hex digits, of everything that goes into the bundle: our sources and noVNC as the lock file pins it. */
export async function hashSources(): Promise<string> {
  const lock = JSON.parse(await Deno.readTextFile(new URL("deno.lock", ROOT)));
  const novnc = Object.keys(lock.npm).filter((name) => name.startsWith("@novnc/novnc@"));
  const folder = new URL("src/viewer/", ROOT);
  const names = (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).filter((name) =>
    name.endsWith(".ts")
  );
  const texts = await Promise.all(names.toSorted().map((name) => Deno.readTextFile(new URL(name, folder))));
  const bytes = new TextEncoder().encode([...novnc, ...texts].join("\0"));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

if (import.meta.main) await Deno.writeTextFile(HASH_FILE, `${await hashSources()}\n`);
