/** File descriptors of this process: how many there may be, how many there are, and a few that are kept in reserve. */
import { closeSync, openSync } from "node:fs";

/** How many descriptors the process may have. */
export interface DescriptorLimit {
  readonly count: number;
  /** Whether it is the limit itself; otherwise the limit is higher. */
  readonly isExact: boolean;
}

/** Opens a file and returns its descriptor: the lowest free number (POSIX open()). */
export type OpenDescriptor = () => number;

/** Descriptors that are kept open, so that the log, the state files and a new listener find some when others run out. */
const RESERVE = 16;
/**
 * Descriptors that a look opens: with fewer holes than this among the numbers below, the highest one tells how many there
 * are. A listener needs as many in order to be of use.
 */
const PROBED = 48;
/** Looking for a limit opens that many at most: 0.8 s. */
const MOST_OPENED = 65_536;

interface DescriptorOptions {
  /** Whether the limit is at least this is of interest; a higher one is looked for when it is needed. */
  readonly atLeast: number;
  readonly open?: OpenDescriptor;
  readonly close?: (descriptor: number) => void;
}

/**
 * The descriptors of the process. POSIX gives the lowest free number, so that the numbers of a few new ones tell how many
 * there are, but for holes: the number is too low when `PROBED` below it are free. The runtime gives no other way without
 * all permissions (/proc/self).
 */
export class Descriptors implements Disposable {
  readonly #open: OpenDescriptor;
  readonly #close: (descriptor: number) => void;
  #reserve: readonly number[] = [];
  #limit: DescriptorLimit;
  #used = 0;

  /** @throws Error if the file cannot be opened for another reason than that there is no descriptor */
  constructor({ atLeast, open = openThis, close = closeSync }: DescriptorOptions) {
    this.#open = open;
    this.#close = close;
    this.#limit = this.#findLimit(Math.min(atLeast, MOST_OPENED));
    this.#count();
  }

  get limit(): DescriptorLimit {
    return this.#limit;
  }

  /** How many were in use at the last look. */
  get used(): number {
    return this.#used;
  }

  /** Counts anew, and takes back what is missing in the reserve. */
  look(): void {
    try {
      this.#count();
    } catch {
      // The file is gone, as while the program is replaced: nothing is known, and nothing is done about it.
      this.#used = 0;
    }
  }

  /** Gives the reserve to whoever needs it: nothing accepts connections now. */
  release(): void {
    this.#reserve.forEach(this.#close);
    this.#reserve = [];
  }

  /** Whether a listener has room for connections. */
  hasRoom(): boolean {
    this.look();
    this.release();
    return this.#used === 0 || this.#limit.count - this.#used >= PROBED;
  }

  [Symbol.dispose](): void {
    this.release();
  }

  #count(): void {
    this.release();
    const opened = this.#openMany(PROBED);
    if (opened.length < PROBED) {
      if (!this.#limit.isExact) {
        this.#limit = { count: Math.max(this.#limit.count, highestOf(opened) + 1), isExact: true };
      }
      this.#used = this.#limit.count - opened.length;
    } else {
      this.#used = highestOf(opened) + 1 - PROBED;
    }
    this.#reserve = opened.splice(0, RESERVE);
    opened.forEach(this.#close);
    if (!this.#limit.isExact && this.#used > this.#limit.count / 2) {
      this.#limit = this.#findLimit(Math.min(this.#used * 4, MOST_OPENED));
    }
  }

  /** Opens up to this many, besides the reserve. */
  #findLimit(most: number): DescriptorLimit {
    const opened = this.#openMany(most);
    opened.forEach(this.#close);
    return { count: highestOf([...opened, ...this.#reserve]) + 1, isExact: opened.length < most };
  }

  #openMany(count: number): number[] {
    const opened: number[] = [];
    try {
      while (opened.length < count) opened.push(this.#open());
    } catch (thrown) {
      if (isExhaustion(thrown)) return opened;
      opened.forEach(this.#close);
      throw thrown;
    }
    return opened;
  }
}

/** The highest number; -1 of none. */
function highestOf(descriptors: readonly number[]): number {
  return descriptors.reduce((highest, descriptor) => Math.max(highest, descriptor), -1);
}

/** Whether the process or the system has no descriptor left. */
export function isExhaustion(thrown: unknown): boolean {
  const { code } = thrown as { readonly code?: unknown };
  return code === "EMFILE" || code === "ENFILE";
}

/** Opens this module: a file that the program may read under every set of permissions. */
function openThis(): number {
  return openSync(new URL(import.meta.url), "r");
}

/** Counts the descriptors of this process, if the system limits them and they can be counted. */
export function openDescriptors(atLeast: number): Descriptors | undefined {
  if (Deno.build.os === "windows") return undefined;
  try {
    return new Descriptors({ atLeast });
  } catch {
    return undefined;
  }
}
