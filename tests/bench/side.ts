/** What a viewer does beside counting bytes: the side channel of `porthole.v1`, as far as acknowledging needs it. */
import { type Down, parseDown, writeMessage } from "../../src/side_channel/messages.ts";
import { Acknowledger } from "../../src/viewer/acknowledger.ts";
import { createDefer } from "../../src/viewer/defer.ts";

/** The messages of one session, whatever WebSockets carry it. It acknowledges as the page does, with the page's code. */
export class Side {
  readonly #acknowledger: Acknowledger;
  /** Length of the text frames that count in the position. */
  #textLength = 0;
  #payloadBytes = 0;
  #resumable: Down<"resumable"> | undefined;

  #send: (text: string) => void;

  /** @param send sends a text frame over the WebSocket of the moment */
  constructor(isQuick: boolean, send: (text: string) => void) {
    this.#send = send;
    this.#acknowledger = new Acknowledger({
      getReceived: () => this.received,
      getSends: () => 0,
      acknowledge: (received) => this.#resumable && this.#send(writeMessage({ type: "ack", received })),
      isQuick,
      now: () => performance.now(),
      startTimer: (run, afterMs) => {
        const timer = setTimeout(run, afterMs);
        return () => clearTimeout(timer);
      },
      defer: createDefer(),
    });
  }

  /** Position up to which everything has come. */
  get received(): number {
    return this.#textLength + this.#payloadBytes;
  }

  /** The gateway's last word on how to come back. */
  get resumable(): Down<"resumable"> | undefined {
    return this.#resumable;
  }

  /** Takes a text frame. @throws when the gateway ends the session */
  takeText(text: string): void {
    const { message, isUncounted } = parseDown(text);
    if (!isUncounted) this.#textLength += text.length;
    if (message?.type === "resumable") this.#resumable = message;
    if (message?.type === "goodbye") throw new Error(`The gateway ended the session: ${message.message}`);
  }

  /** Frames have come, with so many bytes in all: what can be acknowledged ends with a frame. */
  takeBytes(wholeBytes: number): void {
    const fresh = wholeBytes - this.#payloadBytes;
    this.#payloadBytes = wholeBytes;
    if (fresh > 0) this.#acknowledger.take(fresh, 0);
  }

  /** Another WebSocket carries the session from now on. */
  moveTo(send: (text: string) => void): this {
    this.#send = send;
    return this;
  }

  /** The WebSocket is lost, or has ended. */
  stop(): void {
    this.#acknowledger.stop();
  }
}
