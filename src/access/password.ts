/** Password hashes: argon2id (RFC 9106), computed in a thread of its own. */
import { Thread } from "../async/thread.ts";
import { PortholeError } from "../errors.ts";
import { FairQueue } from "./fair_queue.ts";

/** The parameters that OWASP's password storage cheat sheet recommends; about 50 ms. */
const COST = { memorySize: 19 * 1024, iterations: 2, parallelism: 1, hashLength: 32 } as const;
const SALT_BYTES = 16;
/** Number of checks that may wait for their turn; with more, those of the sender with the most are refused. */
const MOST_WAITING = 32;
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

/** On whose behalf a password is checked. */
export interface CheckFor {
  /** The address or the browser: senders take turns. */
  readonly sender: string;
  /** Whether the account has signed in with this browser before: it does not have to wait for strangers. */
  readonly isKnown: boolean;
}

/** Checks passwords. */
export interface PasswordCheck {
  /** Whether a password matches a hash. @throws PortholeError limit_reached when too many checks wait. */
  fits(password: string, hash: string, on: CheckFor): Promise<boolean>;
  /** Ends the thread. */
  close(): void;
}

/** A check that waits for its turn. */
interface Waiting {
  readonly password: string;
  readonly hash: string;
  readonly done: PromiseWithResolvers<boolean>;
}

/** Makes a check that hashes one password at a time: a flood of sign-ins costs one core at most. */
export function createPasswordCheck(): PasswordCheck {
  const thread = startThread();
  const lines = { known: new FairQueue<Waiting>(MOST_WAITING), strangers: new FairQueue<Waiting>(MOST_WAITING) };
  let [isWorking, isClosed] = [false, false];
  let idle: ReturnType<typeof setTimeout> | undefined;
  const work = async () => {
    isWorking = true;
    for (let next; (next = lines.known.take() ?? lines.strangers.take());) await checkOne(thread, next);
    isWorking = false;
    if (!isClosed) idle = setTimeout(() => thread[Symbol.dispose](), KEEP_THREAD_MS);
  };
  return {
    fits: (password, hash, { sender, isKnown }) => {
      clearTimeout(idle);
      const waiting = { password, hash, done: Promise.withResolvers<boolean>() };
      lines[isKnown ? "known" : "strangers"].add(sender, waiting)?.done.reject(refuseFull());
      if (!isWorking) void work();
      return waiting.done.promise;
    },
    close: () => {
      isClosed = true;
      clearTimeout(idle);
      thread[Symbol.dispose]();
    },
  };
}

async function checkOne(
  thread: Thread<PasswordTask, PasswordAnswer>,
  { password, hash, done }: Waiting,
): Promise<void> {
  try {
    done.resolve((await thread.ask({ kind: "verify", password, hash })).right === true);
  } catch (thrown) {
    done.reject(thrown);
  }
}

function refuseFull(): PortholeError {
  return new PortholeError("limit_reached", "Too many users are signing in: try again in a moment", {
    retryAfterMs: RETRY_MS,
  });
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
