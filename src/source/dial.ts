/** Connects to a source: the only place that calls Deno.connect. */
import { lookup } from "node:dns/promises";
import type { SourceConfig } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import type { ByteStream } from "../bridge/byte_stream.ts";

/** RFC 8305 section 5: the next address is tried when the one before has not answered for this long. */
const ATTEMPT_DELAY_MS = 250;
/** An attempt that nobody waits for any more may end by itself for this long. */
const ABANDONED_MS = 100;

interface DialOptions {
  /** Ends the attempt, for example because the viewer left. */
  signal: AbortSignal;
  /** Opens the built-in desktop. */
  openDemo: () => ByteStream;
  /** Says whether an address, after DNS, must not be dialed. */
  isDenied: (address: string) => boolean;
}

/**
 * Opens a connection to the source within its connect timeout, with keep-alive on and Nagle off.
 *
 * A host name is resolved once and the addresses found are what is checked and dialed, so that a second answer from DNS
 * cannot lead elsewhere; they are raced as RFC 8305 says.
 *
 * @throws PortholeError vnc_unreachable, vnc_refused or vnc_timeout, naming the hop that failed.
 */
export async function dial(source: SourceConfig, options: DialOptions): Promise<ByteStream> {
  if (source.target.kind === "demo") return options.openDemo();
  const timeout = AbortSignal.timeout(source.connectTimeoutMs);
  const signal = AbortSignal.any([timeout, options.signal]);
  try {
    signal.throwIfAborted();
    if (source.target.kind === "unix") return wrapConn(await connectUnix(source.target.path, signal));
    const addresses = await unlessAborted(resolve(source.target.hostname, options.isDenied), signal);
    return wrapConn(await race(addresses, source.target.port, signal));
  } catch (thrown) {
    throw explain(thrown, source, timeout);
  }
}

async function resolve(hostname: string, isDenied: (address: string) => boolean): Promise<string[]> {
  const found = (await lookup(hostname, { all: true })).map((entry) => entry.address);
  const allowed = found.filter((address) => !isDenied(address));
  if (allowed.length === 0) throw new DeniedAddress();
  return interleaveFamilies(allowed);
}

class DeniedAddress extends Error {}

/** Stops waiting for what cannot be cancelled; what comes of it later is nobody's business. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => {});
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** RFC 8305 section 4: families alternate, beginning with the one that the resolver put first. */
function interleaveFamilies(addresses: string[]): string[] {
  const isV6 = (address: string) => address.includes(":");
  const first = addresses.filter((address) => isV6(address) === isV6(addresses[0]!));
  const second = addresses.filter((address) => isV6(address) !== isV6(addresses[0]!));
  return first.flatMap((address, at) => second[at] === undefined ? [address] : [address, second[at]])
    .concat(second.slice(first.length));
}

/** The first connection that opens; attempts that lose are aborted or closed. */
async function race(addresses: string[], port: number, signal: AbortSignal): Promise<Deno.TcpConn> {
  const losers = new AbortController();
  const attemptSignal = AbortSignal.any([signal, losers.signal]);
  let won: Deno.TcpConn | undefined;
  const failed: PromiseWithResolvers<void>[] = addresses.map(() => Promise.withResolvers<void>());
  const attempts = addresses.map(async (hostname, at) => {
    try {
      if (at > 0) await Promise.race([failed[at - 1]!.promise, wait(ATTEMPT_DELAY_MS * at, attemptSignal)]);
      const conn = await connectTcp(hostname, port, attemptSignal);
      if (won) return conn.close();
      won = conn;
      losers.abort();
    } catch (error) {
      failed[at]!.resolve();
      throw error;
    }
  });
  const results = await Promise.allSettled(attempts);
  losers.abort();
  if (won) return won;
  throw (results.find((result) => result.status === "rejected") as PromiseRejectedResult).reason;
}

async function connectTcp(hostname: string, port: number, signal: AbortSignal): Promise<Deno.TcpConn> {
  signal.throwIfAborted();
  const cancel = new AbortController();
  const connecting = Deno.connect({ hostname, port, signal: cancel.signal });
  try {
    return await unlessAborted(connecting, signal);
  } catch (thrown) {
    if (signal.aborted) abandon(connecting, cancel, signal.reason);
    throw thrown;
  }
}

/**
 * Deno.connect() throws when its signal has aborted, also when the connection was made just then, and loses it open. So
 * it is cancelled only after it had time to come; one that has not come within the connect timeout is not about to.
 */
function abandon(connecting: Promise<Deno.TcpConn>, cancel: AbortController, reason: unknown): void {
  const isLate = reason instanceof DOMException && reason.name === "TimeoutError";
  const timer = setTimeout(() => cancel.abort(), isLate ? 0 : ABANDONED_MS);
  connecting.then((conn) => conn.close(), () => {}).finally(() => clearTimeout(timer));
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const onAbort = () => {
      clearTimeout(timer);
      fail(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      done();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

async function connectUnix(path: string, signal: AbortSignal): Promise<Deno.UnixConn> {
  signal.throwIfAborted();
  return await Deno.connect({ transport: "unix", path });
}

function wrapConn(conn: Deno.TcpConn | Deno.UnixConn): ByteStream {
  if ("setNoDelay" in conn) {
    conn.setNoDelay(true);
    conn.setKeepAlive(true);
  }
  return {
    readable: conn.readable as ByteStream["readable"],
    writable: conn.writable as ByteStream["writable"],
    close: () => {
      try {
        conn.close();
      } catch {
        // Already closed: a second close throws BadResource.
      }
    },
  };
}

function explain(thrown: unknown, source: SourceConfig, timeout: AbortSignal): PortholeError {
  const cannot = `Cannot reach ${source.title}: `;
  const options = { cause: thrown };
  if (timeout.aborted) {
    const seconds = source.connectTimeoutMs / 1000;
    return new PortholeError("vnc_timeout", `${cannot}no answer after ${seconds} s`, options);
  }
  if (thrown instanceof DeniedAddress) {
    return new PortholeError("vnc_unreachable", `${cannot}its address is one that this gateway never dials`, options);
  }
  if (thrown instanceof Deno.errors.ConnectionRefused) {
    return new PortholeError("vnc_refused", `${cannot}connection refused`, options);
  }
  if (thrown instanceof Deno.errors.NotFound) {
    return new PortholeError("vnc_unreachable", `${cannot}its socket does not exist`, options);
  }
  if (thrown instanceof Deno.errors.PermissionDenied || thrown instanceof Deno.errors.NotCapable) {
    return new PortholeError("vnc_unreachable", `${cannot}the gateway may not open it`, options);
  }
  if ((thrown as { syscall?: string }).syscall === "getaddrinfo") {
    return new PortholeError("vnc_unreachable", `${cannot}its host name is not known`, options);
  }
  return new PortholeError("vnc_unreachable", `${cannot}no route to it`, options);
}
