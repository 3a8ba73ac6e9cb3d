/** RFC 6455 section 5.5: a control frame carries at most 125 bytes, two of which are the code. */
const REASON_MAX_BYTES = 123;
const ELLIPSIS = "…";
const ELLIPSIS_BYTES = 3;

/** Shortens a sentence to what a close frame can carry; an ellipsis replaces the characters that do not fit. */
export function fitReason(sentence: string): string {
  const encoder = new TextEncoder();
  if (encoder.encode(sentence).length <= REASON_MAX_BYTES) return sentence;
  const room = new Uint8Array(REASON_MAX_BYTES - ELLIPSIS_BYTES);
  const { read } = encoder.encodeInto(sentence, room);
  return sentence.slice(0, read) + ELLIPSIS;
}
