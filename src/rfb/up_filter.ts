/** The up filter: splits the viewer's bytes into messages and passes those that the policy allows. */
import { readS32 } from "./big_endian.ts";
import { CLIENT_MESSAGE, measureClientMessage, readUse } from "./client_messages.ts";
import { CLIPBOARD_HEAD_BYTES, readClipboardAct } from "./extended_clipboard.ts";
import type { PixelState } from "./pixel_format.ts";
import { EMPTY, Remainder } from "./remainder.ts";
import { createEncodingFilter, rewriteSetEncodings } from "./set_encodings.ts";

/** Bytes of a ClientCutText before its text (RFC 6143 section 7.5.6). */
const CUT_TEXT_HEAD_BYTES = 8;

/** Bit 7 of a PointerEvent's mask: button 8, or the mark of the seven-byte form (rfbproto, "ExtendedMouseButtons"). */
const EXTENDED_POINTER_BIT = 0x80;

/** The policy for the messages of one viewer. */
export interface UpPolicy {
  /** Whether only messages about the viewer's own view pass; cut text does not, whatever `clipboardIn` says. */
  readonly viewOnly: boolean;
  /** Whether the viewer's cut text may reach the source. */
  readonly clipboardIn: boolean;
  /**
   * Most bytes of one ClientCutText after its length field; longer ones are dropped, since servers close on them. Asked
   * for each text.
   */
  readonly cutTextLimitBytes: () => number;
  /** Called for each text that is dropped because of the limit only. */
  readonly onTooLong?: (bytes: number) => void;
  /** Whether the source's cut text may reach the viewer; the down framer enforces it. */
  readonly clipboardOut: boolean;
  /** The session's pixel format, given when a down framer runs; then the source sees only frameable encodings. */
  readonly pixels?: PixelState;
}

/** A filter for the bytes that go up, from the first one after ClientInit. */
export interface UpFilter {
  /**
   * Takes the viewer's next bytes and returns those that may go to the source: the chunk itself, a view of it if they
   * are one range, else a copy. The chunk is neither changed nor kept.
   *
   * Messages pass whole, except cut text, which passes as it arrives. At most the longest of them, a SetEncodings of
   * 4100 bytes, waits for its rest; at most twice the chunk and those bytes is allocated.
   *
   * @throws {PortholeError} `viewer_malformed` for bytes that cannot be parsed; each later call throws the same error.
   */
  push(chunk: Uint8Array): Uint8Array;
}

/** Makes the up filter of one session. */
export function createUpFilter(policy: UpPolicy): UpFilter {
  return new Filter(policy);
}

class Filter implements UpFilter {
  readonly #viewOnly: boolean;
  readonly #textMayPass: boolean;
  readonly #signalsMayPass: boolean;
  readonly #limitBytes: () => number;
  readonly #onTooLong: (bytes: number) => void;
  readonly #pixels: PixelState | undefined;
  readonly #encodingMayStay: (encoding: number) => boolean;
  readonly #out = new Remainder();
  /** The start of a message whose rest has not arrived. */
  #held: Uint8Array = EMPTY;
  /** Bytes that have not arrived yet of a message that passes, or is dropped, as it arrives. */
  #passing = 0;
  #dropping = 0;
  #failure: unknown;

  constructor({ viewOnly, clipboardIn, clipboardOut, cutTextLimitBytes, onTooLong = () => {}, pixels }: UpPolicy) {
    const extendedClipboard = !viewOnly && (clipboardIn || clipboardOut);
    this.#viewOnly = viewOnly;
    this.#textMayPass = !viewOnly && clipboardIn;
    this.#signalsMayPass = extendedClipboard;
    this.#limitBytes = cutTextLimitBytes;
    this.#onTooLong = onTooLong;
    this.#pixels = pixels;
    this.#encodingMayStay = createEncodingFilter({ viewOnly, extendedClipboard, framed: pixels !== undefined });
  }

  push(chunk: Uint8Array): Uint8Array {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return this.#filter(this.#held.length === 0 ? chunk : join(this.#held, chunk));
    } catch (failure) {
      this.#failure = failure;
      throw failure;
    }
  }

  #filter(bytes: Uint8Array): Uint8Array {
    this.#out.begin(bytes);
    let at = 0;
    while (at < bytes.length) {
      const next = this.#advance(bytes, at);
      if (next < 0) break;
      at = next;
    }
    this.#held = at < bytes.length ? bytes.slice(at) : EMPTY;
    return this.#out.end();
  }

  /** Takes one step from `at` and returns the offset after it; -1 if more bytes are needed. */
  #advance(bytes: Uint8Array, at: number): number {
    if (this.#dropping > 0) {
      const end = Math.min(bytes.length, at + this.#dropping);
      this.#dropping -= end - at;
      return end;
    }
    if (this.#passing > 0) {
      const end = Math.min(bytes.length, at + this.#passing);
      this.#passing -= end - at;
      this.#out.keep(at, end);
      return end;
    }
    const length = measureClientMessage(bytes, at);
    return length < 0 ? -1 : this.#judge(bytes, at, length);
  }

  /** Decides whether the message at `at`, whose length is known, passes. */
  #judge(bytes: Uint8Array, at: number, length: number): number {
    const use = readUse(bytes[at]!);
    if (use === "text") return this.#judgeCutText(bytes, at, length);
    if (use === "gii" || (use === "control" && this.#viewOnly)) return this.#drop(at, length);
    // Whole or not at all: TigerVNC reads a SetDesktopSize whose header is split as an empty one, and what follows as
    // messages.
    if (bytes.length - at < length) return -1;
    return this.#pass(bytes, at, length);
  }

  #pass(bytes: Uint8Array, at: number, length: number): number {
    const type = bytes[at]!;
    if (type === CLIENT_MESSAGE.setEncodings) {
      this.#out.insert(rewriteSetEncodings(bytes, at, this.#encodingMayStay));
      return at + length;
    }
    if (type === CLIENT_MESSAGE.pointerEvent && bytes[at + 1]! & EXTENDED_POINTER_BIT) {
      this.#out.insert(withoutExtendedBit(bytes.slice(at, at + length)));
      return at + length;
    }
    if (type === CLIENT_MESSAGE.setPixelFormat) this.#pixels?.change(bytes, at + 4);
    else if (asksForPixels(type)) this.#pixels?.fix();
    this.#out.keep(at, at + length);
    return at + length;
  }

  #judgeCutText(bytes: Uint8Array, at: number, length: number): number {
    if (!this.#signalsMayPass) return this.#drop(at, length);
    if (length - CUT_TEXT_HEAD_BYTES > this.#limitBytes()) return this.#dropTooLong(at, length);
    if (readS32(bytes, at + 4) >= 0) return this.#textMayPass ? this.#stream(at, length) : this.#drop(at, length);
    if (length < CLIPBOARD_HEAD_BYTES) return this.#drop(at, length);
    if (bytes.length - at < CLIPBOARD_HEAD_BYTES) return -1;
    const act = readClipboardAct(bytes, at);
    const passes = act === "signal" || (act === "text" && this.#textMayPass);
    return passes ? this.#stream(at, length) : this.#drop(at, length);
  }

  #dropTooLong(at: number, length: number): number {
    if (this.#textMayPass) this.#onTooLong(length - CUT_TEXT_HEAD_BYTES);
    return this.#drop(at, length);
  }

  #drop(at: number, length: number): number {
    this.#dropping = length;
    return at;
  }

  #stream(at: number, length: number): number {
    this.#passing = length;
    return at;
  }
}

function asksForPixels(type: number): boolean {
  return type === CLIENT_MESSAGE.framebufferUpdateRequest || type === CLIENT_MESSAGE.enableContinuousUpdates;
}

/**
 * Clears the bit: the filter hides ExtendedMouseButtons from the source, so the message has six bytes and the bit is
 * button 8. A server that read it as the mark of the long form would take the next message's type as a seventh byte;
 * losing the button keeps one reading on both sides.
 */
function withoutExtendedBit(message: Uint8Array): Uint8Array {
  message[1]! &= ~EXTENDED_POINTER_BIT;
  return message;
}

function join(held: Uint8Array, chunk: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(held.length + chunk.length);
  bytes.set(held);
  bytes.set(chunk, held.length);
  return bytes;
}
