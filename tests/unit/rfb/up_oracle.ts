/** A second implementation of the up policy, slow and simple: the oracle for the fast filter. */
import type { UpPolicy } from "../../../src/rfb/up_filter.ts";

const MEBIBYTE = 1024 * 1024;

export interface Verdict {
  /** Everything that passes of the whole messages, and of a last one that passes while it arrives. */
  readonly passed: number[];
  readonly isMalformed: boolean;
}

export function judgeAll(bytes: Uint8Array, policy: Omit<UpPolicy, "pixels">): Verdict {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const passed: number[] = [];
  const textIn = policy.clipboardIn && !policy.viewOnly;
  const extended = !policy.viewOnly && (policy.clipboardIn || policy.clipboardOut);
  let at = 0;
  const there = () => bytes.length - at;
  const take = (length: number, passes: boolean) => {
    if (passes) passed.push(...bytes.subarray(at, at + length));
    at += length;
  };
  for (;;) {
    if (there() < 1) return { passed, isMalformed: false };
    const type = bytes[at]!;
    const fixed = ({ 0: 20, 3: 10, 4: 8, 5: 6, 150: 10, 250: 4 } as Record<number, number>)[type];
    let length = fixed ?? 0;
    let whole = true;
    let passes = [0, 3, 150].includes(type) || (!policy.viewOnly && [4, 5, 250].includes(type));
    if (type === 2) {
      if (there() < 4) break;
      const count = view.getUint16(at + 2);
      if (count > 1024) return { passed, isMalformed: true };
      length = 4 + 4 * count;
      if (there() < length) break;
      const kept: number[] = [];
      for (let n = 0; n < count; n++) {
        const encoding = view.getInt32(at + 4 + 4 * n);
        const acts = [-309, -258, -259].includes(encoding);
        const isClipboard = encoding === (0xc0a1e5ce | 0);
        if ([-316, -305, -257].includes(encoding) || (acts && policy.viewOnly) || (isClipboard && !extended)) continue;
        kept.push(...bytes.subarray(at + 4 + 4 * n, at + 8 + 4 * n));
      }
      passed.push(2, bytes[at + 1]!, kept.length / 4 >> 8, kept.length / 4 & 255, ...kept);
      at += length;
      continue;
    } else if (type === 6) {
      if (there() < 8) break;
      const signed = view.getInt32(at + 4);
      length = 8 + Math.abs(signed);
      whole = false;
      if (signed >= 0 || !extended || length > MEBIBYTE || signed > -4) {
        passes = textIn && signed >= 0 && length <= MEBIBYTE;
      } else {
        if (there() < 12) break;
        const flags = view.getUint32(at + 8);
        const formats = [...(flags & 0xffff).toString(2)].filter((bit) => bit === "1").length;
        const action = flags >>> 24;
        if (action & 1) passes = -signed === 4 + 4 * formats;
        else if (action === 2 || action === 4) passes = signed === -4;
        else if (action === 8) passes = textIn && signed === -4;
        else passes = textIn && action === 16;
      }
    } else if (type === 248) {
      if (there() < 9) break;
      if (bytes[at + 8]! > 64) return { passed, isMalformed: true };
      length = 9 + bytes[at + 8]!;
      passes = true;
    } else if (type === 251) {
      if (there() < 8) break;
      length = 8 + 16 * bytes[at + 6]!;
      passes = !policy.viewOnly;
    } else if (type === 253) {
      if (there() < 4) break;
      length = 4 + view.getUint16(at + 2, (bytes[at + 1]! & 128) === 0);
    } else if (type === 255) {
      if (there() < 4) break;
      const operation = view.getUint16(at + 2);
      if (bytes[at + 1] === 0) length = 12;
      else if (bytes[at + 1] === 1 && operation < 3) length = operation === 2 ? 10 : 4;
      else return { passed, isMalformed: true };
      passes = !policy.viewOnly;
    } else if (fixed === undefined) return { passed, isMalformed: true };
    if (there() < length && (whole || !passes)) break;
    const start = passed.length;
    take(Math.min(length, there()), passes);
    if (type === 5 && passes) passed[start + 1]! &= 0x7f;
  }
  return { passed, isMalformed: false };
}
