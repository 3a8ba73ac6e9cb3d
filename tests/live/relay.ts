/** A TCP relay that can be cut: between a browser and the gateway, or the gateway and a source. */

/** Relays one port of the loopback to another. */
export class Relay implements AsyncDisposable {
  readonly port: number;
  /** Connections taken so far. */
  accepted = 0;
  readonly #target: number;
  readonly #connections = new Set<Deno.TcpConn>();
  #listener: Deno.TcpListener;
  #accepting: Promise<void>;

  constructor(target: number) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept(this.#listener);
  }

  /** Drops every connection, and accepts new ones. */
  drop(): void {
    for (const connection of this.#connections) close(connection);
    this.#connections.clear();
  }

  /** Drops every connection and refuses new ones. */
  async cut(): Promise<void> {
    this.#listener.close();
    this.drop();
    await this.#accepting;
  }

  /** Accepts connections again, on the same port. */
  mend(): void {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: this.port });
    this.#accepting = this.#accept(this.#listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut();
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    const pipes: Promise<void>[] = [];
    for await (const near of listener) pipes.push(this.#join(near));
    await Promise.all(pipes);
  }

  async #join(near: Deno.TcpConn): Promise<void> {
    this.accepted++;
    this.#connections.add(near);
    const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#target }).catch(() => null);
    if (far === null) return close(near);
    this.#connections.add(far);
    const pipe = (from: Deno.TcpConn, to: Deno.TcpConn) => from.readable.pipeTo(to.writable).catch(() => {});
    await Promise.race([pipe(near, far), pipe(far, near)]);
    for (const connection of [near, far]) {
      this.#connections.delete(connection);
      close(connection);
    }
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already, by the other side's end
  }
}
