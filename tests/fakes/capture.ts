/** A TCP relay that keeps every byte: what one side of the gateway saw on the wire. */
import { listenTcp, type TcpSource } from "./tcp_source.ts";

/** What has passed so far, in order, of all connections. */
export class Capture implements AsyncDisposable {
  readonly #relay: TcpSource;
  readonly #up: Uint8Array[] = [];
  readonly #down: Uint8Array[] = [];

  /** Relays a port of its own to another one of the loopback. */
  constructor(targetPort: number) {
    this.#relay = listenTcp(async (near) => {
      const far = await Deno.connect({ hostname: "127.0.0.1", port: targetPort });
      const pass = (from: Deno.TcpConn, to: Deno.TcpConn, kept: Uint8Array[]) =>
        from.readable.pipeThrough(keep(kept)).pipeTo(to.writable).catch(() => {});
      await Promise.all([pass(near, far, this.#up), pass(far, near, this.#down)]);
    });
  }

  /** Where to connect instead of the target. */
  get port(): number {
    return this.#relay.port;
  }

  /** From who connected to the target. */
  get up(): Uint8Array {
    return join(this.#up);
  }

  /** From the target to who connected. */
  get down(): Uint8Array {
    return join(this.#down);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#relay[Symbol.asyncDispose]();
  }
}

function keep(kept: Uint8Array[]): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  return new TransformStream({
    transform(chunk, controller) {
      kept.push(chunk.slice());
      controller.enqueue(chunk);
    },
  });
}

function join(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(chunks.flatMap((chunk) => [...chunk]));
}
