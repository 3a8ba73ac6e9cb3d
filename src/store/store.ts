/** The interface of stores, which keep records: in memory, in files, later in a store that several gateways share. */

/**
 * Records of one kind, by key. Values are plain JSON. Do not modify a value that was passed to or returned by a store.
 *
 * Use `update()` for a change that depends on the record: with `get()` and `put()`, two requests could read the same
 * value, and the second would overwrite the change of the first.
 */
export interface Store<Value> {
  /** The record, while it has not expired. */
  get(key: string): Promise<Value | undefined>;
  /** @throws {NotStored} */
  put(key: string, value: Value, expiry?: Expiry): Promise<void>;
  /** @throws {NotStored} */
  delete(key: string): Promise<void>;
  /** Every record that has not expired; the one written last comes last. */
  list(): Promise<[key: string, value: Value][]>;
  /**
   * Reads and changes one record atomically. `decide` must not have side effects, because a shared store runs it again
   * when another gateway was faster. If it throws, the promise rejects and the record stays unchanged.
   *
   * @throws {NotStored}
   */
  update<Result>(key: string, decide: (value: Value | undefined) => Decision<Value, Result>): Promise<Result>;
}

/** When a record expires. */
export interface Expiry {
  /** Milliseconds since 1970; without it, the record does not expire. */
  readonly expiresAtMs?: number;
}

/** The result for the caller, and what to do with the record: `put`, `delete`, or neither to leave it unchanged. */
export type Decision<Value, Result> =
  | { readonly result: Result }
  | ({ readonly result: Result; readonly put: Value } & Expiry)
  | { readonly result: Result; readonly delete: true };

/** The properties of a kind of record. */
export interface KindOptions {
  /** Whether a restart may forget these records: they are never written to disk. */
  readonly transient?: boolean;
  /** Most records; a further one replaces the one written longest ago. For kinds that strangers can fill. */
  readonly most?: number;
  /** People edit the file, or another process writes it: each use checks whether it changed. */
  readonly editable?: boolean;
  /** Whether a change that cannot be stored always rejects, even if `onNotStored` is set. */
  readonly strict?: boolean;
}

/** Opens stores. Opening a kind again returns the same store. */
export interface Stores {
  /** @throws {PortholeError} `internal` when the records cannot be read: they must not be treated as empty. */
  open<Value>(kind: string, options?: KindOptions): Store<Value>;
  /** Resolves when every change has been written. Call it before the process ends. */
  settled(): Promise<void>;
}

/** A change is in effect in this process but could not be stored: a restart would forget it. */
export class NotStored extends Error {
  override readonly name = "NotStored";

  constructor(kind: string, options: ErrorOptions) {
    super(`Cannot store ${kind}`, options);
  }
}
