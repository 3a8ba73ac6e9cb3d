/** The messages of a viewer, as far as the bench's source has to know where each ends. RFC 6143 section 7.5. */

/** Length of each message without what it announces, by its type. */
const FIXED_BYTES: Readonly<Record<number, number>> = { 0: 20, 2: 4, 3: 10, 4: 8, 5: 6, 6: 8, 150: 10 };
const SET_ENCODINGS = 2;
const UPDATE_REQUEST = 3;
const CUT_TEXT = 6;

/** A FramebufferUpdateRequest, as far as the source cares. */
export interface UpdateRequest {
  readonly isIncremental: boolean;
}

/** Takes a viewer's bytes, however they are cut, and tells of each FramebufferUpdateRequest. */
export class ClientMessages {
  #bytes = new Uint8Array(0);

  /** The requests that are whole with these bytes. @throws Error for a type that the bench's viewers do not send */
  push(chunk: Uint8Array): UpdateRequest[] {
    const bytes = new Uint8Array(this.#bytes.length + chunk.length);
    bytes.set(this.#bytes);
    bytes.set(chunk, this.#bytes.length);
    const requests: UpdateRequest[] = [];
    let at = 0;
    for (let length = measure(bytes); at + length <= bytes.length; length = measure(bytes.subarray(at))) {
      if (bytes[at] === UPDATE_REQUEST) requests.push({ isIncremental: bytes[at + 1] === 1 });
      at += length;
    }
    this.#bytes = bytes.slice(at);
    return requests;
  }
}

/** Length of the first message, as far as it is known; infinite while it is not. */
function measure(bytes: Uint8Array): number {
  const type = bytes[0];
  if (type === undefined) return Infinity;
  const fixed = FIXED_BYTES[type];
  if (fixed === undefined) throw new Error(`A message of type ${type}`);
  if (bytes.length < fixed) return Infinity;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === SET_ENCODINGS) return fixed + 4 * view.getUint16(2);
  return type === CUT_TEXT ? fixed + Math.abs(view.getInt32(4)) : fixed;
}
