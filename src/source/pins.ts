/** What sources showed the first time, kept so that a change is noticed. */
import { dirname } from "node:path";
import { PortholeError } from "../errors.ts";

/** Fingerprints (SHA-256, 64 hex digits) by source name. */
export interface PinStore {
  get(name: string): string | undefined;
  /** Resolves when it will be remembered. */
  set(name: string, fingerprint: string): Promise<void>;
  /** The next certificate or key of the source will be trusted again. */
  forget(name: string): Promise<void>;
}

const PREFIX = "sha256:";
const ENTRY = /^sha256:[0-9a-f]{64}$/;

/**
 * The pins in one JSON file, `{"pi": "sha256:…"}`, 0600, replaced as a whole. It is read again before each use, so that
 * a person who removes a line need not restart the gateway.
 *
 * @throws {PortholeError} `internal` from each method while the file is unreadable: an unknown pin is no reason to trust.
 */
export function openPinFile(path: string): PinStore {
  let turn: Promise<void> = Promise.resolve();
  const change = (edit: (pins: Map<string, string>) => void) => {
    turn = turn.catch(() => {}).then(async () => {
      const pins = readPins(path);
      edit(pins);
      await replaceFile(path, JSON.stringify(Object.fromEntries(pins), null, 2) + "\n");
    });
    return turn;
  };
  return {
    get: (name) => readPins(path).get(name)?.slice(PREFIX.length),
    set: (name, fingerprint) => change((pins) => pins.set(name, PREFIX + fingerprint)),
    forget: (name) => change((pins) => pins.delete(name)),
  };
}

function readPins(path: string): Map<string, string> {
  try {
    const entries: [string, unknown][] = Object.entries(JSON.parse(Deno.readTextFileSync(path)));
    const broken = entries.find(([, pin]) => typeof pin !== "string" || !ENTRY.test(pin));
    if (broken) throw new Error(`${broken[0]} is not sha256: and 64 hex digits`);
    return new Map(entries as [string, string][]);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return new Map();
    throw new PortholeError("internal", "The gateway cannot read pins.json in its data folder", { cause });
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(fresh, text, { mode: 0o600, createNew: true });
  await Deno.rename(fresh, path);
}
