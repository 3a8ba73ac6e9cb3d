/** Big-endian integers at an offset, read without a DataView per chunk and without bounds checks. */

/** The unsigned 16-bit integer at `at`. */
export function readU16(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 8 | bytes[at + 1]!;
}

/** The signed 32-bit integer at `at`. */
export function readS32(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!;
}

/** The unsigned 32-bit integer at `at`. */
export function readU32(bytes: Uint8Array, at: number): number {
  return readS32(bytes, at) >>> 0;
}
