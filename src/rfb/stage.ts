/** A stage of the byte path: a filter that every byte of one direction goes through. */

/**
 * Filters the bytes of one session in one direction: it can drop, change or add bytes.
 *
 * Stages are listed in `stages.ts`. They run in the order of their list, on the way of every byte, so a stage never
 * waits for anything.
 *
 * There is no flush: when the stream ends, the session drops what a stage still holds back. That is the start of a
 * message that its sender never finished, which no stage can judge and no peer can use.
 */
export interface Stage {
  /**
   * Takes the next bytes, at least one, and returns those that go on: the same array when all of them do, a part of
   * it, other bytes, or none while the stage needs more to decide.
   *
   * The caller reuses the chunk's memory for the next read: a stage copies what it holds back, and never writes to the
   * chunk. The caller uses the result before its next call, so the result may be a view of the stage's own buffer.
   *
   * @throws PortholeError when the stage cannot follow the bytes; it ends the session.
   */
  push(chunk: Uint8Array): Uint8Array;
}

/** The stages of one session, each list in the order in which the bytes pass. */
export interface Stages {
  /** From the viewer to the source. */
  readonly up: readonly Stage[];
  /** From the source to the viewer. */
  readonly down: readonly Stage[];
}

/** The stages of a session whose bytes pass untouched. */
export const NO_STAGES: Stages = { up: [], down: [] };

/** Combines a list of stages into one; undefined for an empty list, so that bytes can bypass it. */
export function chainStages(stages: readonly Stage[]): Stage | undefined {
  return stages.length > 1 ? new Chain(stages) : stages[0];
}

/** Runs stages one after another, and stops at the first that returns nothing. */
class Chain implements Stage {
  readonly #stages: readonly Stage[];

  constructor(stages: readonly Stage[]) {
    this.#stages = [...stages];
  }

  push(chunk: Uint8Array): Uint8Array {
    let bytes = chunk;
    for (const stage of this.#stages) {
      bytes = stage.push(bytes);
      if (bytes.length === 0) break;
    }
    return bytes;
  }
}
