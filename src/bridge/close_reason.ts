/** RFC 6455 section 5.5: a control frame carries at most 125 bytes, two of which are the code. */
const REASON_MAX_BYTES = 123;

/** Cuts a sentence to what a close frame can carry, at a character's border, with an ellipsis where it was cut. */
export function fitReason(sentence: string): string {
  const encoder = new TextEncoder();
  if (encoder.encode(sentence).length <= REASON_MAX_BYTES) return sentence;
  const room = new Uint8Array(REASON_MAX_BYTES - "…".length - 2);
  const { read } = encoder.encodeInto(sentence, room);
  return sentence.slice(0, read) + "…";
}
