/** Listeners that switch to a renewed certificate without a restart: a second server takes over the port of the first. */
import { waitAtMost } from "../async/wait_at_most.ts";
import type { Address } from "../config/config.ts";
import type { CertificatePair, CertificateSource, Tell } from "./certificate.ts";

/** Answers one request; `info` has the remote address. */
export type Handler = (request: Request, info: Deno.ServeHandlerInfo<Deno.Addr>) => Response | Promise<Response>;

/** `Deno.serve`, which only main.ts may use directly. */
export type Serve = typeof Deno.serve;

/** Options of `createListener()`. */
export interface ListenerOptions {
  readonly serve: Serve;
  /** Port 0 is replaced with a free port, once. */
  readonly address: Address;
  /** Without it, and on a unix socket, the listener speaks plain HTTP. */
  readonly certificate?: CertificateSource;
  readonly handler: Handler;
  /**
   * Called just before the old server closes every WebSocket with code 1001, so that a goodbye can be sent first. New
   * connections reach the new server.
   */
  readonly onReplace?: () => void;
  readonly tell?: Tell;
  /** Whether two sockets can listen on one port; otherwise the port is closed for a moment at each renewal. */
  readonly sharesPort?: boolean;
}

/** A running listener. */
export interface Listener {
  /** The address with the port that is in use. */
  readonly address: Address;
  /** Closes the port and waits for requests under way, for `deadlineMs` (default 5 s) at most. */
  close(deadlineMs?: number): Promise<void>;
}

/** A listener cannot start; the message names the address and the reason. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** How long the old server waits for a request before it closes; see `closeAtRequest()`. */
const QUIET_WAIT_MS = 500;
const DRAIN_DEADLINE_MS = 5_000;

/** Starts listening, and switches to each renewed pair of `certificate`. @throws ListenError */
export function createListener(options: ListenerOptions): Listener {
  return new RenewingListener(options);
}

/** On Windows, only one socket can listen on a port. */
const CAN_SHARE_PORT = Deno.build.os !== "windows";

class RenewingListener implements Listener {
  readonly address: Address;
  readonly #options: ListenerOptions;
  readonly #sharesPort: boolean;
  readonly #unsubscribe: (() => void) | undefined;
  #server: Server;
  #closed = false;
  /** The renewal under way; the next one waits for it. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: ListenerOptions) {
    const { address } = options;
    const certificate = address.kind === "tcp" ? options.certificate : undefined;
    this.#options = options;
    this.#sharesPort = options.sharesPort ?? CAN_SHARE_PORT;
    if (certificate && this.#sharesPort) assertFree(address);
    if (address.kind === "unix") removeLeftover(address.path);
    this.#server = this.#start(address, certificate?.current);
    this.address = boundAddress(this.#server.addr, address);
    this.#unsubscribe = certificate?.subscribe((pair) => this.#turn = this.#turn.then(() => this.#replace(pair)));
  }

  async close(deadlineMs = DRAIN_DEADLINE_MS): Promise<void> {
    this.#closed = true;
    this.#unsubscribe?.();
    await Promise.all([this.#turn, this.#server.close(() => {}, deadlineMs)]);
  }

  #start(at: Address, pair: CertificatePair | undefined): Server {
    const { serve, handler } = this.#options;
    return startServer({ serve, at, pair, reusePort: pair !== undefined && this.#sharesPort, handler });
  }

  async #replace(pair: CertificatePair): Promise<void> {
    if (this.#closed) return;
    const { onReplace = () => {}, tell = () => {} } = this.#options;
    const old = this.#server;
    if (!this.#sharesPort) await old.close(onReplace);
    if (this.#closed) return;
    try {
      this.#server = this.#start(this.address, pair);
    } catch (thrown) {
      tell("warn", `Keeping the old certificate: ${thrown instanceof Error ? thrown.message : thrown}`);
      if (!this.#sharesPort) this.#server = this.#start(this.address, old.pair);
      return;
    }
    if (this.#sharesPort) await old.closeAtRequest(onReplace);
  }
}

/** One server of a listener. */
interface Server {
  readonly addr: Deno.Addr;
  readonly pair: CertificatePair | undefined;
  /** Closes now; `before` is called first, in the same turn. */
  close(before: () => void, deadlineMs?: number): Promise<void>;
  /**
   * Closes while answering the next request, or after `QUIET_WAIT_MS` without one. `shutdown()` drops connections that have
   * not sent a request yet, and a viewer that has just sent one is not about to connect. Dropped in 20 renewals under
   * constant load: 0 of 3,000 connections that were made one after another (5 to 10 when closing at any moment), 30 of
   * those made 3 at once, 240 of those made 16 at once. Deno cannot close the port alone.
   */
  closeAtRequest(before: () => void): Promise<void>;
}

function startServer({ serve, at, pair, reusePort, handler }: {
  serve: Serve;
  at: Address;
  pair: CertificatePair | undefined;
  reusePort: boolean;
  handler: Handler;
}): Server {
  let onRequest: (() => void) | undefined;
  const answer: Handler = (request, info) => {
    onRequest?.();
    return handler(request, info);
  };
  const onListen = () => {};
  const server = listenOn(at, (): Deno.HttpServer<Deno.Addr> => {
    if (at.kind === "unix") return serve({ path: at.path, onListen }, answer);
    return serve({ hostname: at.hostname, port: at.port, reusePort, onListen, ...pemOf(pair) }, answer);
  });
  const close: Server["close"] = (before, deadlineMs = DRAIN_DEADLINE_MS) => {
    before();
    return waitAtMost(server.shutdown(), deadlineMs);
  };
  return {
    addr: server.addr,
    pair,
    close,
    async closeAtRequest(before) {
      const requested = Promise.withResolvers<Promise<void>>();
      onRequest = () => {
        onRequest = undefined;
        requested.resolve(close(before));
      };
      const timer = setTimeout(() => onRequest?.(), QUIET_WAIT_MS);
      await requested.promise;
      clearTimeout(timer);
    },
  };
}

function pemOf(pair: CertificatePair | undefined): Deno.TlsCertifiedKeyPem | Record<never, never> {
  return pair === undefined ? {} : { cert: pair.cert, key: pair.key };
}

/** Checks that the port is free: with `reusePort`, a second gateway would share it and get half of the viewers. */
function assertFree(at: Address): void {
  if (at.kind === "tcp" && at.port !== 0) {
    listenOn(at, () => Deno.listen({ hostname: at.hostname, port: at.port })).close();
  }
}

/** Removes the unix socket that a killed gateway has left behind. */
function removeLeftover(path: string): void {
  try {
    if (Deno.lstatSync(path).isSocket) Deno.removeSync(path);
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
  }
}

function listenOn<T>(at: Address, listen: () => T): T {
  try {
    return listen();
  } catch (cause) {
    const where = at.kind === "unix" ? at.path : `${at.hostname}:${at.port}`;
    throw new ListenError(`Cannot listen on ${where}: ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(thrown: unknown): string {
  if (thrown instanceof Deno.errors.AddrInUse) return "another program is listening there";
  if (thrown instanceof Deno.errors.AddrNotAvailable) return "this machine does not have that address";
  if (thrown instanceof Deno.errors.PermissionDenied) return "permission denied";
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function boundAddress(addr: Deno.Addr, asked: Address): Address {
  return asked.kind === "tcp" && "port" in addr ? { ...asked, port: addr.port } : asked;
}
