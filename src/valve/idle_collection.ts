/** Collects garbage when nobody is there to notice the pause. */

/** Looks in a row without a session after which nobody is expected for a moment. */
const QUIET_LOOKS = 3;
/** A heap that is smaller is not worth a pause. */
const SMALL_HEAP_BYTES = 48 * 1024 ** 2;

interface IdleCollectionOptions {
  readonly heapBytes: () => number;
  /** A full collection; undefined where the runtime was started without `--expose-gc`. */
  readonly collect: (() => void) | undefined;
}

/**
 * V8 lets what short sessions leave behind grow to some 300 MB before it collects its old objects: 20,000 of them left
 * that much for minutes. With sessions open, it decides by itself, since a full collection takes up to 0.1 s.
 */
export class IdleCollection {
  readonly #options: IdleCollectionOptions;
  #quietLooks = QUIET_LOOKS;

  constructor(options: IdleCollectionOptions) {
    this.#options = options;
  }

  /** Looks at the number of sessions; called at regular intervals. */
  look(sessions: number): void {
    if (sessions > 0) this.#quietLooks = 0;
    else if (this.#quietLooks < QUIET_LOOKS && ++this.#quietLooks === QUIET_LOOKS) this.#collectLarge();
  }

  #collectLarge(): void {
    const { heapBytes, collect } = this.#options;
    if (heapBytes() >= SMALL_HEAP_BYTES) collect?.();
  }
}

/** The collection of this runtime, if it lets programs ask for one. */
export function findCollector(): (() => void) | undefined {
  const { gc } = globalThis as { gc?: (options: Readonly<Record<string, string>>) => void };
  return gc && (() => gc({ type: "major", execution: "sync", flavor: "last-resort" }));
}
