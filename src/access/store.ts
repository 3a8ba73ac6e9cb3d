/** What sign-in has to remember across restarts, behind an interface that a shared store can also stand behind. */
import { dirname } from "node:path";

/** Holds one value of plain JSON. */
export interface Store<T> {
  readonly value: T;
  /** Keeps the value; it is read back after a restart. */
  save(value: T): void;
}

/** Keeps it for as long as the process lives. */
export function createMemoryStore<T>(initial: T): Store<T> {
  let value = initial;
  return {
    get value() {
      return value;
    },
    save: (next) => void (value = next),
  };
}

/**
 * Keeps it in a file of mode 0600, replaced whole. The values are small and change when somebody signs in, so writing
 * waits for the disk instead of leaving work behind.
 *
 * A disk that is full or read-only leaves the value in memory: nobody is locked out for it.
 *
 * @throws when the file cannot be read or is not JSON: starting with an empty list would sign everybody out unasked.
 */
export function openFileStore<T>(path: string, initial: T, onFailure: (cause: unknown) => void = () => {}): Store<T> {
  let value = readJson<T>(path) ?? initial;
  return {
    get value() {
      return value;
    },
    save: (next) => {
      value = next;
      try {
        writeJson(path, next);
      } catch (cause) {
        onFailure(cause);
      }
    },
  };
}

/** The JSON of a file, or undefined when there is none. */
export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new Error(`Cannot read ${path}`, { cause: error });
  }
}

/** Writes a file of mode 0600 beside its place and moves it there, so that nobody ever reads half of it. */
export function writeJson(path: string, value: unknown): void {
  Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.new`;
  Deno.writeTextFileSync(fresh, `${JSON.stringify(value, null, 1)}\n`, { mode: 0o600 });
  Deno.renameSync(fresh, path);
}
