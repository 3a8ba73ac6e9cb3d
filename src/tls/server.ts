/** One server of a listener: how it starts, and the ways in which it ends. */
import { waitAtMost } from "../async/wait_at_most.ts";
import type { Address } from "../config/config.ts";
import type { CertificatePair } from "./certificate.ts";

/** Answers one request; `info` has the remote address. */
export type Handler = (request: Request, info: Deno.ServeHandlerInfo<Deno.Addr>) => Response | Promise<Response>;

/** `Deno.serve`, which only main.ts may use directly. */
export type Serve = typeof Deno.serve;

/** A listener cannot start; the message names the address and the reason. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** How long a server waits for a request before it closes; see `closeAtRequest()`. */
const QUIET_WAIT_MS = 500;
const DRAIN_DEADLINE_MS = 5_000;

/** One server of a listener. */
export interface Server {
  readonly addr: Deno.Addr;
  readonly pair: CertificatePair | undefined;
  /** Resolves when it accepts no more connections: with the reason, or with undefined after a call to close it. */
  readonly ended: Promise<unknown>;
  /** Closes the port and waits for requests under way, for `deadlineMs` (default 5 s) at most. */
  close(deadlineMs?: number): Promise<void>;
  /**
   * Closes while answering the next request, or after `QUIET_WAIT_MS` without one. `shutdown()` drops connections that have
   * not sent a request yet, and a viewer that has just sent one is not about to connect. Dropped in 20 renewals under
   * constant load: 0 of 3,000 connections that were made one after another (5 to 10 when closing at any moment), 30 of
   * those made 3 at once, 240 of those made 16 at once. Deno cannot close the port alone.
   */
  closeAtRequest(): Promise<void>;
  /**
   * Ends every TCP connection at once, and the port. What Deno holds of a message that has not ended is freed. Two kinds
   * stay until their peer ends them, without being read: a peer that does not read while there is something to send, and
   * one in the middle of a TLS handshake.
   */
  abort(): void;
}

/** What a server is started with. */
export interface ServerOptions {
  readonly serve: Serve;
  readonly at: Address;
  readonly pair: CertificatePair | undefined;
  readonly reusePort: boolean;
  readonly handler: Handler;
}

/** Starts a server. @throws ListenError */
export function startServer({ serve, at, pair, reusePort, handler }: ServerOptions): Server {
  if (at.kind === "unix") removeLeftover(at.path);
  let onRequest: (() => void) | undefined;
  const answer: Handler = (request, info) => {
    onRequest?.();
    return handler(request, info);
  };
  const end = new AbortController();
  const common = { signal: end.signal, onListen: () => {} };
  const server = listenOn(at, (): Deno.HttpServer<Deno.Addr> => {
    if (at.kind === "unix") return serve({ path: at.path, ...common }, answer);
    return serve({ hostname: at.hostname, port: at.port, reusePort, ...common, ...pemOf(pair) }, answer);
  });
  // The runtime throws when a server is aborted that is shutting down or has ended well.
  let canAbort = true;
  server.finished.then(() => canAbort = false, () => {});
  const close = (deadlineMs = DRAIN_DEADLINE_MS) => {
    canAbort = false;
    return waitAtMost(server.shutdown(), deadlineMs);
  };
  return {
    addr: server.addr,
    pair,
    ended: server.finished.then(() => undefined, (cause) => cause),
    close,
    abort() {
      if (canAbort) end.abort();
    },
    async closeAtRequest() {
      const requested = Promise.withResolvers<void>();
      onRequest = () => requested.resolve();
      const timer = setTimeout(requested.resolve, QUIET_WAIT_MS);
      await requested.promise.finally(() => clearTimeout(timer));
      onRequest = undefined;
      await close();
    },
  };
}

function pemOf(pair: CertificatePair | undefined): Deno.TlsCertifiedKeyPem | Record<never, never> {
  return pair === undefined ? {} : { cert: pair.cert, key: pair.key };
}

/** Checks that the port is free: with `reusePort`, a second gateway would share it and get half of the viewers. */
export function assertFree(at: Address): void {
  if (at.kind === "tcp" && at.port !== 0) {
    listenOn(at, () => Deno.listen({ hostname: at.hostname, port: at.port })).close();
  }
}

/** Removes the unix socket that a killed gateway, or a server that ended, has left behind. */
function removeLeftover(path: string): void {
  try {
    if (Deno.lstatSync(path).isSocket) Deno.removeSync(path);
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
  }
}

/** The address that was asked for, with the port that is in use. */
export function boundAddress(addr: Deno.Addr, asked: Address): Address {
  return asked.kind === "tcp" && "port" in addr ? { ...asked, port: addr.port } : asked;
}

/** Runs something that listens on the address. @throws ListenError instead of the runtime's own error */
function listenOn<T>(at: Address, listen: () => T): T {
  try {
    return listen();
  } catch (cause) {
    throw new ListenError(`Cannot listen on ${describeAddress(at)}: ${reasonOf(cause)}`, { cause });
  }
}

/** The address for a sentence. */
export function describeAddress(at: Address): string {
  return at.kind === "unix" ? at.path : `${at.hostname}:${at.port}`;
}

function reasonOf(thrown: unknown): string {
  if (thrown instanceof Deno.errors.AddrInUse) return "another program is listening there";
  if (thrown instanceof Deno.errors.AddrNotAvailable) return "this machine does not have that address";
  if (thrown instanceof Deno.errors.PermissionDenied) return "permission denied";
  return thrown instanceof Error ? thrown.message : String(thrown);
}
