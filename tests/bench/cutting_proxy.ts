/** A TCP proxy on the loopback that can cut every connection that runs over it. */

/** Passes bytes to the host of an address, until it is disposed of. */
export class CuttingProxy implements Disposable {
  readonly #target: URL;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.TcpConn>();

  constructor(target: URL) {
    this.#target = target;
    void this.#serve();
  }

  /** The target's address, through the proxy. */
  get url(): URL {
    const url = new URL(this.#target);
    url.hostname = "127.0.0.1";
    url.port = String(this.#listener.addr.port);
    return url;
  }

  /** Cuts all connections; later ones pass. */
  cut(): void {
    for (const connection of this.#connections) close(connection);
    this.#connections.clear();
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    this.cut();
  }

  async #serve(): Promise<void> {
    for await (const near of this.#listener) {
      this.#link(near).catch(() => close(near));
    }
  }

  async #link(near: Deno.TcpConn): Promise<void> {
    const { hostname, port, protocol } = this.#target;
    const far = await Deno.connect({ hostname, port: Number(port) || (protocol === "https:" ? 443 : 80) });
    for (const end of [near, far]) {
      end.setNoDelay(true);
      this.#connections.add(end);
    }
    await Promise.race([near.readable.pipeTo(far.writable), far.readable.pipeTo(near.writable)]).catch(() => {});
    for (const end of [near, far]) {
      close(end);
      this.#connections.delete(end);
    }
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // The stream has closed it.
  }
}
