/**
 * A two-way byte stream to a source, over TCP, a unix socket or TLS, or to the built-in desktop.
 *
 * `readable` is a byte stream, so that a BYOB reader can reuse one buffer. A reset rejects the read. `close()` ends both
 * directions at once and never throws; it may be called more than once and in any state.
 */
export interface ByteStream {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<Uint8Array<ArrayBufferLike>>;
  close(): void;
}
