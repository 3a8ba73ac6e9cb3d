/** Password hashes: argon2id (RFC 9106), computed in a thread of its own. */
import { Thread } from "../async/thread.ts";
import { PortholeError } from "../errors.ts";

/** The parameters that OWASP's password storage cheat sheet recommends; about 50 ms. */
const COST = { memorySize: 19 * 1024, iterations: 2, parallelism: 1, hashLength: 32 } as const;
const SALT_BYTES = 16;
/** Number of checks that may wait for their turn; further ones are refused. */
const MOST_WAITING = 16;
const RETRY_MS = 2_000;

/** Message to the worker. */
export type PasswordTask =
  | { readonly kind: "verify"; readonly password: string; readonly hash: string }
  | ({ readonly kind: "hash"; readonly password: string; readonly salt: Uint8Array } & typeof COST);

/** Message from the worker. */
export type PasswordAnswer = { readonly right?: boolean; readonly hash?: string; readonly error?: string };

/** The thread ends when nobody has signed in for this long. */
const KEEP_THREAD_MS = 5_000;

/** Hashes a password for sources.yaml, as a PHC string. */
export async function hashPassword(password: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  using thread = startThread();
  const { hash, error } = await thread.ask({ kind: "hash", password, salt, ...COST });
  if (!hash) throw new Error(`Cannot hash a password: ${error}`);
  return hash;
}

/** Checks passwords. */
export interface PasswordCheck {
  /** Whether a password matches a hash. @throws PortholeError limit_reached when too many checks wait. */
  fits(password: string, hash: string): Promise<boolean>;
  /** Ends the thread. */
  close(): void;
}

/** Makes a check that hashes one password at a time: a flood of sign-ins costs one core at most. */
export function createPasswordCheck(): PasswordCheck {
  const thread = startThread();
  let waiting = 0;
  let turn: Promise<unknown> = Promise.resolve();
  let idle: ReturnType<typeof setTimeout> | undefined;
  const close = () => {
    clearTimeout(idle);
    thread[Symbol.dispose]();
  };
  return {
    fits: async (password, hash) => {
      if (waiting >= MOST_WAITING) {
        throw new PortholeError("limit_reached", "Too many users are signing in: try again in a moment", {
          retryAfterMs: RETRY_MS,
        });
      }
      clearTimeout(idle);
      waiting++;
      const work = turn.then(() => thread.ask({ kind: "verify", password, hash }));
      turn = work.catch(() => {});
      try {
        return (await work).right === true;
      } finally {
        if (--waiting === 0) idle = setTimeout(close, KEEP_THREAD_MS);
      }
    },
    close,
  };
}

function startThread(): Thread<PasswordTask, PasswordAnswer> {
  return new Thread(() => new Worker(new URL("./password_worker.ts", import.meta.url), { type: "module" }));
}

/**
 * A hash that no password matches, as costly as the costliest of these. Passwords of unknown names are checked against
 * it, so that the time does not reveal which names exist.
 */
export function makeDecoy(hashes: Iterable<string>): string {
  const costs = [...hashes].map((hash) => hash.split("$")[3]!);
  const cost = costs.toSorted((a, b) => weigh(b) - weigh(a))[0] ?? `m=${COST.memorySize},t=${COST.iterations},p=1`;
  const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes)).toBase64({ omitPadding: true });
  return `$argon2id$v=19$${cost}$${random(SALT_BYTES)}$${random(COST.hashLength)}`;
}

function weigh(cost: string): number {
  const [memory = 0, passes = 0] = [...cost.matchAll(/\d+/g)].map(Number);
  return memory * passes;
}
