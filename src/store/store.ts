/** The interface of stores, which keep records: in memory, in files, later in a store that several gateways share. */
import { PortholeError } from "../errors.ts";

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
  put(key: string, value: Value, options?: PutOptions): Promise<void>;
  /** @throws {NotStored} also when an earlier deletion of this record is not stored yet. */
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

/** How a record is put. */
export interface PutOptions extends Expiry {
  /**
   * What happens if the change cannot be stored. `reject`, the default: it rejects, although the change is in effect and
   * is stored as soon as possible. `undo`: it rejects, and the change is not in effect. `accept`: it resolves, because a
   * restart may forget the change.
   */
  readonly ifUnsaved?: "reject" | "undo" | "accept";
}

/** The result for the caller, and what to do with the record: `put`, `delete`, or neither to leave it unchanged. */
export type Decision<Value, Result> =
  | { readonly result: Result }
  | ({ readonly result: Result; readonly put: Value } & PutOptions)
  | { readonly result: Result; readonly delete: true };

/** The properties of a kind of record. */
export interface KindOptions {
  /** Whether a restart may forget these records: they are never written to disk. */
  readonly transient?: boolean;
  /** Most records; a further one replaces the one written longest ago. For kinds that strangers can fill. */
  readonly most?: number;
  /** People edit the file, or another process writes it: each use checks whether it changed. */
  readonly editable?: boolean;
  /** Another process may write the file too: it is read again before a write if it has changed. */
  readonly shared?: boolean;
  /** Whether a broken file without a usable copy must not be treated as empty, because that would lower the security. */
  readonly precious?: boolean;
  /** Whether a value from the file has the right type. A file with another value is broken. */
  readonly isValid?: (value: unknown) => boolean;
}

/** Opens stores. Opening a kind again returns the same store. */
export interface Stores {
  /** @throws {DataFolderError} when the records cannot be read and must not be treated as empty. */
  open<Value>(kind: string, options?: KindOptions): Store<Value>;
  /** What an operator should know: changes that cannot be stored, and files that were broken at the start. */
  problems(): readonly string[];
  /** Number of changes that are in effect but not stored. */
  unsaved(): number;
  /**
   * Resolves when every change has been written, or could not be written when it was tried a last time. Call it before
   * the process ends.
   */
  settled(): Promise<void>;
}

/** A change could not be stored. Unless it was undone, it is in effect in this process, and a restart would forget it. */
export class NotStored extends PortholeError {
  /** Why, in words that viewers may see: "the gateway's disk is full". */
  readonly reason: string;

  constructor(reason: string, { cause, undone = false }: ErrorOptions & { undone?: boolean } = {}) {
    const sentence = undone
      ? `Nothing was changed, because it could not be saved: ${reason}`
      : `This could not be saved: ${reason}. Until it is saved, a restart of the gateway undoes it`;
    super("not_stored", sentence, { cause });
    this.reason = reason;
  }
}

/** The data folder cannot be used. The message is a whole sentence for the operator. */
export class DataFolderError extends Error {
  override readonly name = "DataFolderError";
}

/** For `catch()`: says what was not done because it could not be stored: "The share link was not created". */
export function refuseUnsaved(what: string): (thrown: unknown) => never {
  return (thrown) => {
    if (!(thrown instanceof NotStored)) throw thrown;
    throw new PortholeError("not_stored", `${what}: ${thrown.reason}`, { cause: thrown });
  };
}

/** For changes that a restart may undo, because nobody asked for them: passes over NotStored. */
export function ignoreUnsaved(thrown: unknown): void {
  if (!(thrown instanceof NotStored)) throw thrown;
}
