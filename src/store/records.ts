import type { Decision, Expiry } from "./store.ts";

/** A record with its expiry. It is immutable. */
export interface Entry<Value> extends Expiry {
  readonly value: Value;
}

interface RecordsOptions {
  most?: number | undefined;
  now: () => number;
}

/** Expired records are dropped each time the number of records has grown by this much. */
const DROP_AFTER = 1_000;

/** Records in memory, in the order of their last write. */
export class Records<Value> {
  readonly #most: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry<Value>>();
  #dropAbove = DROP_AFTER;

  constructor({ most = Infinity, now }: RecordsOptions) {
    this.#most = most;
    this.#now = now;
  }

  /** The entry, while it has not expired. */
  get(key: string): Entry<Value> | undefined {
    const entry = this.#entries.get(key);
    return entry && this.#lives(entry) ? entry : undefined;
  }

  put(key: string, entry: Entry<Value>): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > Math.min(this.#dropAbove, this.#most)) this.#dropExpired();
    if (this.#entries.size > this.#most) this.#entries.delete(this.#entries.keys().next().value!);
  }

  /** Removes the record; returns whether there was one. */
  delete(key: string): boolean {
    return this.#entries.delete(key);
  }

  /** Carries out a decision; returns its result, and whether the record changed. */
  decide<Result>(key: string, decide: (value: Value | undefined) => Decision<Value, Result>) {
    const decision = decide(this.get(key)?.value);
    const { result } = decision;
    if ("put" in decision) {
      this.put(key, makeEntry(decision.put, decision));
      return { result, changed: true, ifUnsaved: decision.ifUnsaved };
    }
    return { result, changed: "delete" in decision && this.delete(key), ifUnsaved: undefined };
  }

  /** The records that have not expired; the one written last comes last. */
  list(): [key: string, entry: Entry<Value>][] {
    return [...this.#entries].filter(([, entry]) => this.#lives(entry));
  }

  #dropExpired(): void {
    for (const [key, entry] of this.#entries) if (!this.#lives(entry)) this.#entries.delete(key);
    this.#dropAbove = this.#entries.size + DROP_AFTER;
  }

  #lives({ expiresAtMs }: Expiry): boolean {
    return expiresAtMs === undefined || this.#now() < expiresAtMs;
  }
}

/** Makes an entry, without other fields that the expiry object may have. */
export function makeEntry<Value>(value: Value, { expiresAtMs }: Expiry = {}): Entry<Value> {
  return { value, ...(expiresAtMs !== undefined && { expiresAtMs }) };
}
