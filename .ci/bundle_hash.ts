/**
 * Writes the hash of the sources of the bundle in static/, so that a test can detect a stale bundle. The bundle itself is
 * not compared, because each version of Deno has its own bundler.
 */
const ROOT = new URL("../", import.meta.url);

/** The file with the hash, beside the bundle. */
export const HASH_FILE = new URL("static/bundle.sha256", ROOT);

/** The scripts that the pages load. */
const ENTRIES = ["src/viewer/viewer.ts", "src/viewer/dashboard.ts"];

/** SHA-256, in hex digits, of the input of the bundle: our sources, and the version of noVNC in the lock file. */
export async function hashSources(): Promise<string> {
  const lock = JSON.parse(await Deno.readTextFile(new URL("deno.lock", ROOT)));
  const novnc = Object.keys(lock.npm).filter((name) => name.startsWith("@novnc/novnc@"));
  const sources = await readSources();
  const texts = [...sources.keys()].toSorted().map((url) => sources.get(url)!);
  const bytes = new TextEncoder().encode([...novnc, ...texts].join("\0"));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Reads the entries and everything that they import by a relative path, by URL. */
async function readSources(): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  const waiting = ENTRIES.map((path) => new URL(path, ROOT).href);
  for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
    if (sources.has(url)) continue;
    const text = await Deno.readTextFile(new URL(url));
    sources.set(url, text);
    for (const [, path] of text.matchAll(/ from "(\.[^"]+)"/g)) waiting.push(new URL(path!, url).href);
  }
  return sources;
}

if (import.meta.main) await Deno.writeTextFile(HASH_FILE, `${await hashSources()}\n`);
