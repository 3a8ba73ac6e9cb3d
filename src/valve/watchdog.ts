/** Asks the gateway's own listener for /healthz, as anybody would: what it can no longer accept, nobody else notices. */
import net from "node:net";
import tls from "node:tls";
import type { Address } from "../config/config.ts";
import { isExhaustion } from "./descriptors.ts";

/** What an attempt to reach the listener says; "unknown" if it could not be made: without a descriptor or the address. */
export type Reached = "yes" | "no" | "unknown";

/** What the watchdog works with. */
export interface WatchdogEffects {
  readonly ask: () => Promise<Reached>;
  /** The listener has not answered for so many times in a row. */
  readonly onSilent: (misses: number) => void;
  readonly everyMs?: number;
}

const EVERY_MS = 10_000;
/** A loaded event loop answers late; a listener that is stuck never does. */
const ANSWER_MS = 8_000;
/** One miss may be due to a stall of this process, or to a machine that was suspended. */
const MISSES = 2;

/** Asks every ten seconds until closed. Counts misses, not time, which goes on while a process is paused or stalled. */
export function watchListener({ ask, onSilent, everyMs = EVERY_MS }: WatchdogEffects): { close(): void } {
  let misses = 0;
  // A firewall, or the owner of a unix socket, may keep the process from reaching itself: that says nothing.
  let wasReached = false;
  let isAsking = false;
  const check = async () => {
    if (isAsking) return;
    isAsking = true;
    const reached = await ask();
    isAsking = false;
    if (reached === "unknown") return;
    misses = reached === "yes" ? 0 : misses + 1;
    wasReached ||= reached === "yes";
    if (wasReached && misses >= MISSES) onSilent(misses);
  };
  const timer = setInterval(check, everyMs);
  return { close: () => clearInterval(timer) };
}

/**
 * Whether a listener answers /healthz at an address in numbers. The certificate is not verified, since the connection stays
 * on this machine.
 */
export function askListener(address: Address, isSecure: boolean, answerMs = ANSWER_MS): Promise<Reached> {
  const where = address.kind === "unix"
    ? { path: address.path, host: undefined }
    : { host: ownHost(address.hostname), port: address.port };
  const socket = isSecure ? tls.connect({ ...where, rejectUnauthorized: false }) : net.connect(where);
  return new Promise<Reached>((resolve) => {
    let reached: Reached = "no";
    socket.setTimeout(answerMs, () => socket.destroy());
    socket.on("error", (error) => {
      if (isExhaustion(error)) reached = "unknown";
    });
    socket.on("data", () => {
      reached = "yes";
      socket.destroy();
    });
    socket.on("close", () => resolve(reached === "no" && !isOwn(where.host) ? "unknown" : reached));
    socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  });
}

/** An address of this machine that the listener covers. */
function ownHost(hostname: string): string {
  if (hostname === "0.0.0.0") return "127.0.0.1";
  return hostname === "::" || hostname === "[::]" ? "::1" : hostname.replace(/^\[|\]$/g, "");
}

/** Whether this machine has the address now. A laptop loses that of its network; the listener goes on when it is back. */
function isOwn(hostname: string | undefined): boolean {
  if (hostname === undefined) return true;
  try {
    Deno.listen({ hostname, port: 0 }).close();
    return true;
  } catch (thrown) {
    return thrown instanceof Deno.errors.NotCapable;
  }
}
