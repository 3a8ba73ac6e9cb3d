/**
 * Listeners that outlive their servers: a second server takes over the port of the first when the certificate was renewed,
 * when every connection has to end, and when the first one can accept no more.
 */
import { delay } from "@std/async/delay";
import type { Address } from "../config/config.ts";
import type { CertificatePair, CertificateSource, Tell } from "./certificate.ts";
import {
  assertFree,
  boundAddress,
  describeAddress,
  type Handler,
  ListenError,
  type Serve,
  type Server,
  startServer,
} from "./server.ts";

/** Options of `createListener()`. */
export interface ListenerOptions {
  readonly serve: Serve;
  /** Port 0 is replaced with a free port, once. */
  readonly address: Address;
  /** Without it, and on a unix socket, the listener speaks plain HTTP. */
  readonly certificate?: CertificateSource;
  readonly handler: Handler;
  /** Called and waited for before a renewed certificate ends every WebSocket with code 1001: time for a goodbye. */
  readonly onReplace?: () => void | Promise<void>;
  readonly tell?: Tell;
  /** Whether two sockets can listen on one port; otherwise the port is closed for a moment at each replacement. */
  readonly sharesPort?: boolean;
  /** What happens when the server can accept no more connections. */
  readonly revival?: Revival;
}

/** How a listener comes back. */
export interface Revival {
  /** Whether there is room for connections: without it, the next server would end like the last. */
  readonly hasRoom?: () => boolean;
  /** The port is closed, and trying to open it begins. Called again whenever the new server ends as well. */
  readonly onDown?: () => void;
  /** The port is open again. */
  readonly onUp?: () => void;
  /** The listener could not be held up for `GIVE_UP_MS`; it goes on trying. Called once. */
  readonly onGivenUp?: (reason: string) => void;
  readonly giveUpMs?: number;
  /** How long the new server must last. */
  readonly steadyMs?: number;
}

/** A running listener. */
export interface Listener {
  /** The address with the port that is in use. */
  readonly address: Address;
  /** The address in numbers, as its server has it. */
  readonly bound: Address;
  /** Whether the port is open, as far as the runtime says. */
  readonly isUp: boolean;
  /** Ends every TCP connection, and goes on with a new server. */
  replace(): Promise<void>;
  /** Closes the port and waits for requests under way, for `deadlineMs` (default 5 s) at most. */
  close(deadlineMs?: number): Promise<void>;
}

/** How often a listener that is down tries to come back. */
const REVIVE_EVERY_MS = 300;
/** A listener that was never up for `STEADY_MS` in this time needs help from outside. */
const GIVE_UP_MS = 60_000;
const STEADY_MS = 5_000;

/** Starts listening, and switches to each renewed pair of `certificate`. @throws ListenError */
export function createListener(options: ListenerOptions): Listener {
  return new LastingListener(options);
}

/** Elsewhere `reusePort` fails, and only one socket can listen on a port. */
const CAN_SHARE_PORT = Deno.build.os === "linux" || Deno.build.os === "android";
/** How long a port that was closed on purpose is tried, and how often: the runtime closes it some milliseconds late. */
const REOPEN_MS = 1_000;
const REOPEN_EVERY_MS = 10;

class LastingListener implements Listener {
  readonly address: Address;
  readonly #options: ListenerOptions;
  readonly #sharesPort: boolean;
  readonly #unsubscribe: (() => void) | undefined;
  #server: Server;
  /** Servers that accept no more and still have connections. */
  readonly #former = new Set<Server>();
  #isUp = true;
  #closed = false;
  /** When the listener was last steady; undefined while it is. */
  #downSinceMs: number | undefined;
  /** How often it went down. */
  #downs = 0;
  #hasGivenUp = false;
  readonly #end = new AbortController();
  /** The replacement under way; the next one waits for it. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: ListenerOptions) {
    const { address } = options;
    const certificate = address.kind === "tcp" ? options.certificate : undefined;
    this.#options = options;
    this.#sharesPort = address.kind === "tcp" && (options.sharesPort ?? CAN_SHARE_PORT);
    if (this.#sharesPort) assertFree(address);
    this.#server = this.#start(address, certificate?.current);
    this.address = boundAddress(this.#server.addr, address);
    this.#unsubscribe = certificate?.subscribe((pair) => this.#inTurn(() => this.#renew(pair)));
  }

  get bound(): Address {
    const { addr } = this.#server;
    return this.address.kind === "tcp" && "hostname" in addr
      ? { ...this.address, hostname: addr.hostname }
      : this.address;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  replace(): Promise<void> {
    return this.#inTurn(() => this.#replace());
  }

  async close(deadlineMs?: number): Promise<void> {
    this.#closed = true;
    this.#end.abort();
    this.#unsubscribe?.();
    await Promise.all([this.#turn, this.#isUp ? this.#server.close(deadlineMs) : undefined]);
    this.#abortFormer();
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    return this.#turn = this.#turn.then(work);
  }

  #start(at: Address, pair: CertificatePair | undefined): Server {
    const { serve, handler } = this.#options;
    const server = startServer({ serve, at, pair, reusePort: this.#sharesPort, handler });
    void server.ended.then((reason) => this.#takeEnd(server, reason));
    return server;
  }

  /** Switches to a renewed pair; requests under way end first. */
  async #renew(pair: CertificatePair): Promise<void> {
    if (this.#closed || !this.#isUp) return;
    const { onReplace = () => {} } = this.#options;
    await onReplace();
    if (this.#closed) return;
    const old = this.#server;
    if (!this.#sharesPort) return await this.#reopen(pair, (server) => server.close());
    try {
      this.#server = this.#start(this.address, pair);
    } catch (thrown) {
      return this.#tell("warn", `Keeping the old certificate: ${textOf(thrown)}`);
    }
    await old.closeAtRequest();
  }

  /** Closes the port and opens it again, with the old pair if the new one cannot be used. */
  async #reopen(pair: CertificatePair | undefined, end: (server: Server) => Promise<void>): Promise<void> {
    const old = this.#server;
    this.#isUp = false;
    const ended = end(old);
    // The runtime removes a unix socket when its server has ended, whoever has it by then.
    if (this.address.kind === "unix") await ended;
    try {
      await this.#startSoon(pair);
    } catch (thrown) {
      if (isTaken(thrown) || pair === old.pair) return this.#goDown(thrown);
      this.#tell("warn", `Keeping the old certificate: ${textOf(thrown)}`);
      await this.#startSoon(old.pair).catch((failure) => this.#goDown(failure));
    }
    await ended;
  }

  /** Starts a server as soon as the port is free. @throws ListenError if it stays taken, or for another reason */
  async #startSoon(pair: CertificatePair | undefined): Promise<void> {
    for (const endMs = performance.now() + REOPEN_MS; !this.#closed; await this.#wait(REOPEN_EVERY_MS)) {
      try {
        this.#server = this.#start(this.address, pair);
        this.#isUp = true;
        return;
      } catch (thrown) {
        if (!isTaken(thrown) || performance.now() >= endMs) throw thrown;
      }
    }
  }

  /** Ends everything; the new server starts in the same turn, so that the port is never closed where it can be shared. */
  async #replace(): Promise<void> {
    this.#abortFormer();
    if (this.#closed || !this.#isUp) return;
    if (!this.#sharesPort) return await this.#reopen(this.#currentPair(), abort);
    const old = this.#server;
    try {
      this.#server = this.#start(this.address, this.#currentPair());
    } catch (thrown) {
      return this.#tell("warn", `Keeping the connections to ${describeAddress(this.address)}: ${textOf(thrown)}`);
    }
    old.abort();
  }

  #takeEnd(server: Server, reason: unknown): void {
    if (server !== this.#server || this.#closed || !this.#isUp) return;
    this.#goDown(reason);
  }

  #goDown(reason: unknown): void {
    this.#former.add(this.#server);
    this.#isUp = false;
    this.#downs++;
    this.#options.revival?.onDown?.();
    if (this.#downSinceMs === undefined) {
      this.#downSinceMs = performance.now();
      this.#tell(
        "warn",
        `Cannot accept connections on ${describeAddress(this.address)}, trying again: ${textOf(reason)}`,
      );
    } else {
      // The last return did not last.
      this.#giveUpInTime(reason);
    }
    void this.#revive(reason);
  }

  async #revive(reason: unknown): Promise<void> {
    const { hasRoom = () => true, onUp = () => {} } = this.#options.revival ?? {};
    for (; !this.#closed; await this.#wait(REVIVE_EVERY_MS)) {
      try {
        if (hasRoom()) {
          this.#server = this.#start(this.address, this.#currentPair());
          break;
        }
      } catch (thrown) {
        reason = thrown;
      }
      this.#giveUpInTime(reason);
    }
    if (this.#closed) return;
    this.#isUp = true;
    onUp();
    void this.#watchSteadiness();
  }

  /** The reserve of descriptors that let it come back may be gone at the next connection. */
  async #watchSteadiness(): Promise<void> {
    const downs = this.#downs;
    await this.#wait(this.#options.revival?.steadyMs ?? STEADY_MS);
    if (this.#closed || downs !== this.#downs || this.#downSinceMs === undefined) return;
    const seconds = (performance.now() - this.#downSinceMs) / 1_000;
    this.#downSinceMs = undefined;
    this.#hasGivenUp = false;
    this.#tell(
      "info",
      `Accepting connections again on ${describeAddress(this.address)}, after ${seconds.toFixed(1)} s`,
    );
  }

  /** Waits; ends early when the listener is closed. */
  async #wait(ms: number): Promise<void> {
    await delay(ms, { signal: this.#end.signal }).catch(() => {});
  }

  #giveUpInTime(reason: unknown): void {
    const { onGivenUp, giveUpMs = GIVE_UP_MS } = this.#options.revival ?? {};
    if (this.#hasGivenUp || performance.now() - (this.#downSinceMs ?? Infinity) < giveUpMs) return;
    this.#hasGivenUp = true;
    onGivenUp?.(`Cannot accept connections on ${describeAddress(this.address)}: ${textOf(reason)}`);
  }

  #abortFormer(): void {
    for (const server of this.#former) server.abort();
    this.#former.clear();
  }

  #currentPair(): CertificatePair | undefined {
    return this.address.kind === "tcp" ? this.#options.certificate?.current : undefined;
  }

  #tell(level: "info" | "warn", message: string): void {
    this.#options.tell?.(level, message);
  }
}

async function abort(server: Server): Promise<void> {
  server.abort();
  await server.ended;
}

/** Whether a server could not start since something still has the port. */
function isTaken(thrown: unknown): boolean {
  return thrown instanceof ListenError && thrown.cause instanceof Deno.errors.AddrInUse;
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
