/** Connects over TCP by Happy Eyeballs (RFC 8305). */
import { abortable } from "@std/async/abortable";
import { delay } from "@std/async/delay";
import { lookup } from "node:dns/promises";
import type { ByteStream } from "../../bridge/byte_stream.ts";
import type { Address } from "../../config/config.ts";
import { wrapConn } from "./conn_stream.ts";
import { DeniedAddress } from "./dial_error.ts";

/** RFC 8305 section 5: the next address is tried when the one before has not answered for this long. */
const ATTEMPT_DELAY_MS = 250;

type TcpAddress = Extract<Address, { kind: "tcp" }>;

/** The effects of connecting over TCP. */
export interface TcpEffects {
  /** Whether an IP address must not be dialed. */
  readonly isDenied: (address: string) => boolean;
  /** Resolves a host name to its addresses, the preferred one first; an address to itself. */
  readonly lookUp?: (hostname: string) => Promise<string[]>;
}

/**
 * Opens a TCP connection. The host name is resolved once, and the resulting addresses are checked and dialed, so that a
 * second answer from DNS cannot bypass the check.
 *
 * @throws DeniedAddress, the signal's reason, or an error of the runtime.
 */
export async function connectTcp(
  { hostname, port }: TcpAddress,
  { isDenied, lookUp = lookUpByDns }: TcpEffects,
  signal: AbortSignal,
): Promise<ByteStream> {
  const addresses = await abortable(resolve(hostname, isDenied, lookUp), signal);
  return wrapConn(await race(addresses, port, signal));
}

async function lookUpByDns(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address);
}

async function resolve(
  hostname: string,
  isDenied: TcpEffects["isDenied"],
  lookUp: NonNullable<TcpEffects["lookUp"]>,
): Promise<string[]> {
  const allowed = (await lookUp(hostname)).filter((address) => !isDenied(address));
  if (allowed.length === 0) throw new DeniedAddress();
  return interleaveFamilies(allowed);
}

/** RFC 8305 section 4: families alternate, beginning with the one that the resolver put first. */
function interleaveFamilies(addresses: string[]): string[] {
  const isV6 = (address: string) => address.includes(":");
  const first = addresses.filter((address) => isV6(address) === isV6(addresses[0]!));
  const second = addresses.filter((address) => isV6(address) !== isV6(addresses[0]!));
  return first.flatMap((address, at) => second[at] === undefined ? [address] : [address, second[at]])
    .concat(second.slice(first.length));
}

/** Returns the first connection that opens; other attempts are aborted or closed. */
async function race(addresses: string[], port: number, signal: AbortSignal): Promise<Deno.TcpConn> {
  const [only, ...others] = addresses;
  if (others.length === 0) return await connectOne(only!, port, signal);
  const losers = new AbortController();
  const attemptSignal = losers.signal;
  const follow = () => losers.abort(signal.reason);
  if (signal.aborted) follow();
  signal.addEventListener("abort", follow, { once: true });
  let won: Deno.TcpConn | undefined;
  const failed: PromiseWithResolvers<void>[] = addresses.map(() => Promise.withResolvers<void>());
  const attempts = addresses.map(async (hostname, at) => {
    try {
      if (at > 0) {
        await Promise.race([failed[at - 1]!.promise, delay(ATTEMPT_DELAY_MS * at, { signal: attemptSignal })]);
      }
      const conn = await connectOne(hostname, port, attemptSignal);
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
  signal.removeEventListener("abort", follow);
  if (won) return won;
  throw (results.find((result) => result.status === "rejected") as PromiseRejectedResult).reason;
}

async function connectOne(hostname: string, port: number, signal: AbortSignal): Promise<Deno.TcpConn> {
  signal.throwIfAborted();
  const cancel = new AbortController();
  const connecting = Deno.connect({ hostname, port, signal: keepOpened(cancel.signal) });
  try {
    return await abortable(connecting, signal);
  } catch (thrown) {
    if (signal.aborted) {
      cancel.abort();
      connecting.then((conn) => conn.close(), () => {});
    }
    throw thrown;
  }
}

/**
 * A signal whose abort does not hide a connection that has just opened. Deno.connect() asks throwIfAborted() at its end,
 * and never closes the connection that it then withholds: on a busy machine, some of the attempts that a viewer or a
 * timeout abandons would stay open for good.
 */
function keepOpened(signal: AbortSignal): AbortSignal {
  return Object.defineProperty(signal, "throwIfAborted", { value: () => {} });
}
