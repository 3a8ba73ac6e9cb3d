/** Fair shares of what there is a limited number of. */

/** How many of something there are, and how much of what is free one owner may come to have. */
export interface Shared {
  readonly max: number;
  /** More than 0, at most 1. */
  readonly portion: number;
}

/** How much one owner may come to have while all together have `all`: the portion of what is free. */
export function portionOf(all: number, { max, portion }: Shared): number {
  return (max - all) * portion;
}

/**
 * Whether an owner of `own` may have one more, while all together have `all`: as long as that is less than the portion of
 * what is free. So a greedy owner leaves most to others, the next one most of the rest, and an owner who has none gets
 * one as long as there is one.
 */
export function leavesRoom({ own, all }: { own: number; all: number }, shared: Shared): boolean {
  return own < portionOf(all, shared);
}

/** Counts who has how many. */
export class FairShares {
  readonly #shared: Shared;
  readonly #owned = new Map<string, number>();
  #all = 0;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /** Takes one; returns a function that gives it back, or undefined if that would leave too little for others. */
  take(owner: string): (() => void) | undefined {
    const own = this.#owned.get(owner) ?? 0;
    if (!leavesRoom({ own, all: this.#all }, this.#shared)) return undefined;
    this.#owned.set(owner, own + 1);
    this.#all++;
    let isGiven = false;
    return () => {
      if (!isGiven) this.#giveBack(owner);
      isGiven = true;
    };
  }

  #giveBack(owner: string): void {
    const own = this.#owned.get(owner)! - 1;
    if (own === 0) this.#owned.delete(owner);
    else this.#owned.set(owner, own);
    this.#all--;
  }
}
