/** Runs a viewer's script against a source's, in one process and without time. */
import type { ClientKey, LoginStep } from "../../../src/rfb/login_step.ts";
import { concat, type Script, StreamEnded } from "../../../src/rfb/script.ts";
import type { MessageOpener, MessageSealer } from "../../../src/rfb/sealed_messages.ts";

/** Bytes of one read at most: no honest handshake message has more. */
const READ_CAP_BYTES = 64 * 1024;

/** How a duel ended. */
export interface Outcome<Result> {
  readonly result?: Result;
  readonly error?: unknown;
  /** All that the source's side sent, sealed where it was sealed. */
  readonly down: Uint8Array<ArrayBuffer>;
  /** All that the viewer's side sent. */
  readonly up: Uint8Array<ArrayBuffer>;
}

interface DuelOptions {
  readonly clientKey?: ClientKey;
  /** The source's bytes end after this many. */
  readonly cutDownAt?: number;
}

/** One end of a pipe: what waits to be read, and what was written. */
class End {
  inbox: Uint8Array = new Uint8Array();
  opener: MessageOpener | undefined;
  sealer: MessageSealer | undefined;
  #plain: Uint8Array = new Uint8Array();

  seal(opener: MessageOpener, sealer: MessageSealer): void {
    [this.opener, this.sealer] = [opener, sealer];
  }

  /** Takes exactly that many bytes, or undefined while they are not there. */
  take(bytes: number): Uint8Array | undefined {
    if (this.opener) {
      const { opened, used } = this.opener.openAll(this.inbox);
      this.#plain = concat([this.#plain, opened]);
      this.inbox = this.inbox.subarray(used);
      return this.#cut("plain", bytes);
    }
    return this.#cut("inbox", bytes);
  }

  #cut(from: "plain" | "inbox", bytes: number): Uint8Array | undefined {
    const whole = from === "plain" ? this.#plain : this.inbox;
    if (whole.length < bytes) return undefined;
    const rest = whole.subarray(bytes);
    if (from === "plain") this.#plain = rest;
    else this.inbox = rest;
    return whole.slice(0, bytes);
  }
}

/** Lets both scripts go on until the viewer's is over; a side that waits for what never comes meets `StreamEnded`. */
export function duel<Result>(
  viewer: Script<Result, LoginStep>,
  source: Script<unknown, LoginStep>,
  { clientKey, cutDownAt = Infinity }: DuelOptions = {},
): Outcome<Result> {
  const [near, far] = [new End(), new End()];
  let downBytes = 0;
  const sendDown = (bytes: Uint8Array) => {
    const passing = bytes.subarray(0, Math.max(0, cutDownAt - downBytes));
    downBytes += bytes.length;
    near.inbox = concat([near.inbox, passing]);
  };
  const sendUp = (bytes: Uint8Array) => far.inbox = concat([far.inbox, bytes]);
  const left = new Player(viewer, near, sendUp, clientKey);
  const right = new Player(source, far, sendDown, clientKey);
  while (!left.over) {
    const moved = [left.play(), right.play()].includes(true);
    if (!moved && !left.over) left.starve();
  }
  source.return(undefined);
  for (const end of [near, far]) for (const cipher of [end.opener, end.sealer]) cipher?.close();
  return { ...left.outcome!, down: concat(right.wrote), up: concat(left.wrote) };
}

class Player<Result> {
  outcome: { result: Result } | { error: unknown } | undefined;
  readonly wrote: Uint8Array[] = [];
  #turn: IteratorResult<LoginStep, Result> | undefined;

  constructor(
    readonly script: Script<Result, LoginStep>,
    readonly end: End,
    readonly send: (bytes: Uint8Array) => void,
    readonly clientKey: ClientKey | undefined,
  ) {}

  get over(): boolean {
    return this.outcome !== undefined;
  }

  /** Takes as many steps as can be taken; whether there was one. */
  play(): boolean {
    if (this.over) return false;
    let moved = false;
    try {
      this.#turn ??= (moved = true, this.script.next());
      while (!this.#turn.done) {
        const step: LoginStep = this.#turn.value;
        const answer = this.#perform(step);
        if (answer === undefined) return moved;
        moved = true;
        this.#turn = this.script.next(answer.value);
      }
      this.outcome = { result: this.#turn.value };
    } catch (error) {
      this.outcome = { error };
    }
    return true;
  }

  /** Nothing more comes. */
  starve(): void {
    const step = this.#turn!.value as LoginStep;
    try {
      this.#turn = this.script.throw(new StreamEnded(step.do === "read" ? step.what : step.do));
      if (this.#turn.done) this.outcome = { result: this.#turn.value };
    } catch (error) {
      this.outcome = { error };
    }
  }

  #perform(step: LoginStep): { value: unknown } | undefined {
    switch (step.do) {
      case "read": {
        if (step.bytes > READ_CAP_BYTES) throw new RangeError(`a read of ${step.bytes} bytes`);
        const bytes = this.end.take(step.bytes);
        return bytes && { value: bytes };
      }
      case "write":
        this.#write(this.end.sealer ? this.end.sealer.seal(step.bytes) : step.bytes);
        return { value: undefined };
      case "seal":
        this.end.seal(step.opener, step.sealer);
        return { value: undefined };
      case "client_key":
        return { value: this.clientKey };
      default:
        return { value: undefined };
    }
  }

  #write(bytes: Uint8Array): void {
    this.wrote.push(bytes);
    this.send(bytes);
  }
}
