/** What the gateway keeps, by record: in memory, in files, later in a store that several gateways share. */

/**
 * Records of one kind by key. Values are plain JSON, and nobody changes one that a store gave or was given.
 *
 * Whoever decides on what a record says uses `update()`: with `get()` and `put()` two requests read the same, and the
 * second overwrites what the first wrote.
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
   * Decides on one record, and changes it, in one step: nobody changes it in between. `decide` has no effects, because
   * a store that is shared runs it again when another gateway was faster. What it throws rejects, and changes nothing.
   *
   * @throws {NotStored}
   */
  update<Result>(key: string, decide: (value: Value | undefined) => Decision<Value, Result>): Promise<Result>;
}

/** When a record ends by itself. */
export interface Expiry {
  /** Milliseconds since 1970; without it, the record stays. */
  readonly expiresAtMs?: number;
}

/** What becomes of a record, which stays as it is without `put` or `delete`, and what the caller is told. */
export type Decision<Value, Result> =
  | { readonly result: Result }
  | ({ readonly result: Result; readonly put: Value } & Expiry)
  | { readonly result: Result; readonly delete: true };

/** What to know of a kind of record. */
export interface KindOptions {
  /** A restart may forget these records: they are never written to a disk. */
  readonly transient?: boolean;
  /** Records beyond this number push out those that were written longest ago. For kinds that strangers can fill. */
  readonly most?: number;
  /** People edit the file, or another process writes it: each use checks whether it changed. */
  readonly editable?: boolean;
  /** A change that cannot be stored rejects, even where the gateway is to go on without. */
  readonly strict?: boolean;
}

/** Opens stores; opening a kind twice gives the same store. */
export interface Stores {
  /** @throws {PortholeError} `internal` when what was kept cannot be read: nobody may take it for empty. */
  open<Value>(kind: string, options?: KindOptions): Store<Value>;
  /** Resolves when nothing waits to be written; to be called before the process ends. */
  settled(): Promise<void>;
}

/** A change counts in this process, but could not be stored: a restart would forget it. */
export class NotStored extends Error {
  override readonly name = "NotStored";

  constructor(kind: string, options: ErrorOptions) {
    super(`Cannot store ${kind}`, options);
  }
}
