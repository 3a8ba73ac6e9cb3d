/**
 * A two-way byte stream to a source: what dialing gives, whatever lies below (TCP, unix socket, TLS, the built-in desktop).
 *
 * `readable` is a byte stream, so that a BYOB reader can reuse one buffer; a reset rejects the read. `close()` ends both
 * directions at once, may be called more than once and in any state, and never throws.
 */
export interface ByteStream {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<Uint8Array<ArrayBufferLike>>;
  close(): void;
}
