/**
 * AES-EAX as RSA-AES uses it (Bellare, Rogaway, Wagner: The EAX Mode of Operation; rfbproto, "RSA-AES Security Type").
 *
 * node:crypto has neither EAX nor CMAC, so both are built from AES-ECB and AES-CBC. Making a cipher object costs more
 * than a small message, so each key keeps one of each: the counter blocks of a message go through ECB in one call, and
 * the CBC chain is restarted by XORing its last block into the next first block.
 */
import { type Cipheriv, createCipheriv, timingSafeEqual } from "node:crypto";

const BLOCK_BYTES = 16;
/** Bytes of the MAC after each message. */
export const TAG_BYTES = 16;

/** Cipher with one key; nonces have 16 bytes, headers 1 to 15. Close it: Deno keeps a cipher until its `final()`. */
export class AesEax {
  readonly #ecb: Cipheriv;
  readonly #cbc: Cipheriv;
  #closed = false;
  /** The last block that `#cbc` returned. */
  #chain: Uint8Array = new Uint8Array(BLOCK_BYTES);
  /** CMAC's subkeys (RFC 4493 section 2.3) for whole and for padded last blocks. */
  readonly #whole: Uint8Array;
  readonly #padded: Uint8Array;
  /** Encrypted first blocks of the three CMACs: of the nonce (0), the header (1) and the ciphertext (2). */
  readonly #tweaks: readonly Uint8Array[];
  /** Buffers for counters and for the bytes to authenticate; they grow to the largest message. */
  #counters = new Uint8Array(0);
  #work = new Uint8Array(0);

  constructor(key: Uint8Array) {
    const bits = key.length * 8;
    this.#ecb = createCipheriv(`aes-${bits}-ecb`, key, null).setAutoPadding(false);
    this.#cbc = createCipheriv(`aes-${bits}-cbc`, key, new Uint8Array(BLOCK_BYTES)).setAutoPadding(false);
    this.#whole = double(this.#encrypt(new Uint8Array(BLOCK_BYTES)));
    this.#padded = double(this.#whole);
    this.#tweaks = [0, 1, 2].map((tweak) => this.#encrypt(tweakBlock(tweak)));
  }

  /** Writes ciphertext and tag of `message` to `into`, which is 16 bytes longer and does not overlap it. */
  seal(nonce: Uint8Array, header: Uint8Array, message: Uint8Array, into: Uint8Array): void {
    const [start, mask] = this.#begin(nonce, header);
    this.#crypt(start, message, into);
    const tag = this.#authenticate(into.subarray(0, message.length));
    for (let at = 0; at < TAG_BYTES; at++) into[message.length + at] = tag[at]! ^ mask[at]!;
  }

  /** Writes the message in `sealed` (ciphertext, then tag) to `into`, 16 bytes shorter; false when the tag is wrong. */
  open(nonce: Uint8Array, header: Uint8Array, sealed: Uint8Array, into: Uint8Array): boolean {
    const [start, mask] = this.#begin(nonce, header);
    const ciphertext = sealed.subarray(0, sealed.length - TAG_BYTES);
    const tag = this.#authenticate(ciphertext);
    for (let at = 0; at < TAG_BYTES; at++) mask[at]! ^= tag[at]!;
    if (!timingSafeEqual(mask, sealed.subarray(sealed.length - TAG_BYTES))) return false;
    this.#crypt(start, ciphertext, into);
    return true;
  }

  /** Frees the ciphers; may be called more than once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ecb.final();
    this.#cbc.final();
  }

  /** The first counter block, and the mask that turns the ciphertext's MAC into the tag. */
  #begin(nonce: Uint8Array, header: Uint8Array): [Uint8Array, Uint8Array] {
    const blocks = new Uint8Array(2 * BLOCK_BYTES);
    blocks.set(header, BLOCK_BYTES);
    blocks[BLOCK_BYTES + header.length] = 0x80;
    for (let at = 0; at < BLOCK_BYTES; at++) {
      blocks[at] = nonce[at]! ^ this.#tweaks[0]![at]! ^ this.#whole[at]!;
      blocks[BLOCK_BYTES + at]! ^= this.#tweaks[1]![at]! ^ this.#padded[at]!;
    }
    const macs = this.#encrypt(blocks);
    const start = macs.subarray(0, BLOCK_BYTES);
    return [start, macs.subarray(BLOCK_BYTES).map((byte, at) => byte ^ start[at]!)];
  }

  /** AES-CTR from the counter block `start`. */
  #crypt(start: Uint8Array, from: Uint8Array, into: Uint8Array): void {
    const bytes = roundUp(from.length);
    if (this.#counters.length < bytes) this.#counters = new Uint8Array(bytes);
    const counters = this.#counters.subarray(0, bytes);
    fillCounters(start, counters);
    xorInto(from, this.#encrypt(counters), into);
  }

  /** CMAC of the tweak block and the ciphertext. */
  #authenticate(ciphertext: Uint8Array): Uint8Array {
    if (ciphertext.length === 0) return this.#encrypt(tweakBlock(2).map((byte, at) => byte ^ this.#whole[at]!));
    const bytes = roundUp(ciphertext.length);
    if (this.#work.length < bytes) this.#work = new Uint8Array(bytes);
    const work = this.#work.subarray(0, bytes);
    work.set(ciphertext);
    work.fill(0, ciphertext.length);
    if (ciphertext.length < bytes) work[ciphertext.length] = 0x80;
    const last = ciphertext.length < bytes ? this.#padded : this.#whole;
    for (let at = 0; at < BLOCK_BYTES; at++) {
      work[at]! ^= this.#tweaks[2]![at]! ^ this.#chain[at]!;
      work[bytes - BLOCK_BYTES + at]! ^= last[at]!;
    }
    this.#chain = this.#cbc.update(work).subarray(bytes - BLOCK_BYTES);
    return this.#chain;
  }

  #encrypt(blocks: Uint8Array): Uint8Array {
    return this.#ecb.update(blocks);
  }
}

/** Doubling in GF(2^128). */
function double(block: Uint8Array): Uint8Array {
  const carry = block[0]! >> 7;
  return block.map((byte, at) => byte << 1 ^ (at + 1 < BLOCK_BYTES ? block[at + 1]! >> 7 : carry * 0x87));
}

function tweakBlock(tweak: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  block[BLOCK_BYTES - 1] = tweak;
  return block;
}

function roundUp(bytes: number): number {
  return (bytes + BLOCK_BYTES - 1) & -BLOCK_BYTES;
}

/** Successive 128-bit big-endian counters. */
function fillCounters(start: Uint8Array, into: Uint8Array): void {
  const first = new DataView(start.buffer, start.byteOffset, BLOCK_BYTES);
  const view = new DataView(into.buffer, into.byteOffset, into.length);
  let [a, b, c, d] = [first.getUint32(0), first.getUint32(4), first.getUint32(8), first.getUint32(12)];
  for (let at = 0; at < into.length; at += BLOCK_BYTES) {
    view.setUint32(at, a);
    view.setUint32(at + 4, b);
    view.setUint32(at + 8, c);
    view.setUint32(at + 12, d);
    d = d + 1 >>> 0;
    if (d === 0) c = c + 1 >>> 0;
    if (d === 0 && c === 0) b = b + 1 >>> 0;
    if (d === 0 && c === 0 && b === 0) a = a + 1 >>> 0;
  }
}

/** XORs with the key stream, word by word in an aligned copy, since messages may start at odd addresses. */
function xorInto(from: Uint8Array, keyStream: Uint8Array, into: Uint8Array): void {
  const aligned = keyStream.byteOffset % 4 === 0 ? keyStream : keyStream.slice();
  const data = new Uint8Array(aligned.length);
  data.set(from);
  const [left, right] = [
    new Uint32Array(data.buffer),
    new Uint32Array(aligned.buffer, aligned.byteOffset, data.length / 4),
  ];
  for (let at = 0; at < left.length; at++) left[at]! ^= right[at]!;
  into.set(data.subarray(0, from.length));
}
