/** Limits on the number of stored records: they refuse a new record, and never end an old one. */
import { PortholeError } from "../errors.ts";

/** Admits records to a store. */
export class Cap<Value> {
  readonly #list: () => Promise<readonly [key: string, value: Value][]>;
  /** Records that are about to be stored, in the order of their arrival. */
  readonly #arriving = new Map<string, Value>();

  /** `list` gives the records that are stored. */
  constructor(list: () => Promise<readonly [key: string, value: Value][]>) {
    this.#list = list;
  }

  /**
   * Lets `check` throw for a record that is one too many, and stores it otherwise. The others that `check` gets include
   * those that arrived before and are not stored yet, so that requests at the same time do not pass a limit together.
   */
  async admit<Result>(
    [key, value]: readonly [key: string, value: Value],
    check: (others: readonly Value[]) => void | Promise<void>,
    store: () => Promise<Result>,
  ): Promise<Result> {
    const ahead = [...this.#arriving];
    this.#arriving.set(key, value);
    try {
      await check([...new Map([...ahead, ...await this.#list()]).values()]);
      return await store();
    } finally {
      this.#arriving.delete(key);
    }
  }
}

/** How soon a record may make room for another one. */
const RETRY_MS = 60_000;

/** The refusal of a record that is one too many; a whole sentence. */
export function refuseSurplus(message: string): PortholeError {
  return new PortholeError("limit_reached", message, { retryAfterMs: RETRY_MS });
}
