/** RSA-AES messages: U16 length (authenticated too), ciphertext, tag (rfbproto, "RSA-AES Security Type"). */
import { AesEax, TAG_BYTES } from "./aes_eax.ts";
import { LoginRefused } from "./refusal.ts";

const LENGTH_BYTES = 2;
/** Maximum size of one message in bytes, as TigerVNC and neatvnc send and accept it. */
const SEALED_MESSAGE_CAP_BYTES = 8192;

/** The nonce: a little-endian counter of messages, from 0. */
class Counter {
  readonly nonce = new Uint8Array(16);

  advance(): void {
    for (let at = 0; at < this.nonce.length; at++) {
      this.nonce[at]! += 1;
      if (this.nonce[at] !== 0) return;
    }
  }
}

/** Seals the bytes that go up. Call `close()` at the end. */
export class MessageSealer {
  readonly #eax: AesEax;
  readonly #counter = new Counter();

  constructor(key: Uint8Array) {
    this.#eax = new AesEax(key);
  }

  /** Frees the cipher; may be called more than once. */
  close(): void {
    this.#eax.close();
  }

  /** Seals the bytes in messages of at most 8 KiB each. */
  seal(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const messages = Math.ceil(bytes.length / SEALED_MESSAGE_CAP_BYTES);
    const out = new Uint8Array(bytes.length + messages * (LENGTH_BYTES + TAG_BYTES));
    for (let from = 0, to = 0; from < bytes.length; from += SEALED_MESSAGE_CAP_BYTES) {
      const message = bytes.subarray(from, from + SEALED_MESSAGE_CAP_BYTES);
      const end = to + LENGTH_BYTES + message.length + TAG_BYTES;
      const header = out.subarray(to, to + LENGTH_BYTES);
      header.set([message.length >> 8, message.length & 255]);
      this.#eax.seal(this.#counter.nonce, header, message, out.subarray(to + LENGTH_BYTES, end));
      this.#counter.advance();
      to = end;
    }
    return out;
  }
}

/** Opens the messages that come down. Call `close()` at the end. */
export class MessageOpener {
  readonly #eax: AesEax;
  readonly #counter = new Counter();

  constructor(key: Uint8Array) {
    this.#eax = new AesEax(key);
  }

  /** Frees the cipher; may be called more than once. */
  close(): void {
    this.#eax.close();
  }

  /**
   * Opens one message into `into`: `header` is its two length bytes, `sealed` ciphertext and tag.
   *
   * @throws {LoginRefused} `malformed` if it is not the next message sealed with this key.
   */
  open(header: Uint8Array, sealed: Uint8Array, into: Uint8Array): void {
    if (!this.#eax.open(this.#counter.nonce, header, sealed, into)) {
      throw new LoginRefused("malformed", "a message from the server cannot be decrypted");
    }
    this.#counter.advance();
  }

  /**
   * Opens all whole messages in `wire`: `opened` is their plaintext, `used` the number of bytes that they have there.
   *
   * @throws {LoginRefused} as `open` does.
   */
  openAll(wire: Uint8Array): { opened: Uint8Array<ArrayBuffer>; used: number } {
    const out = new Uint8Array(wire.length);
    let [used, size] = [0, 0];
    while (wire.length - used >= LENGTH_BYTES) {
      const length = wire[used]! << 8 | wire[used + 1]!;
      const end = used + LENGTH_BYTES + length + TAG_BYTES;
      if (end > wire.length) break;
      const header = wire.subarray(used, used + LENGTH_BYTES);
      this.open(header, wire.subarray(used + LENGTH_BYTES, end), out.subarray(size, size + length));
      [used, size] = [end, size + length];
    }
    return { opened: out.subarray(0, size), used };
  }
}
