/** Why a source cannot be reached, as a sentence without its address. */
import type { SourceConfig } from "../../config/config.ts";
import { type ErrorCode, PortholeError } from "../../errors.ts";

/** `gateway.deny_networks` contains every address of a host name. */
export class DeniedAddress extends Error {
  override readonly name = "DeniedAddress";
}

/** Converts an exception from dialing to a PortholeError. */
export function explainDialError(thrown: unknown, source: SourceConfig, isLate: boolean): PortholeError {
  const fail = (code: ErrorCode, state: string) =>
    new PortholeError(code, `Cannot reach ${source.title}: ${state}`, { cause: thrown });
  if (isLate) return fail("vnc_timeout", `no answer after ${source.connectTimeoutMs / 1000} s`);
  if (thrown instanceof Deno.errors.ConnectionRefused) return fail("vnc_refused", "connection refused");
  return fail("vnc_unreachable", explainUnreachable(thrown));
}

/** By the code of the operating system. */
const STATES: Readonly<Record<string, string>> = {
  EHOSTUNREACH: "no route to it, or it is switched off",
  ENETUNREACH: "no route to its network",
  ETIMEDOUT: "no answer",
  ECONNRESET: "the connection was reset at once",
  ECONNABORTED: "the connection was aborted",
  EACCES: "the gateway is not permitted to open it",
  EPERM: "the gateway is not permitted to open it",
  EINVAL: "its address cannot be connected to",
  EAFNOSUPPORT: "the gateway's machine does not support its kind of address",
  EADDRNOTAVAIL: "the gateway's machine has no address or port left for it",
  EMFILE: "the gateway has too many open files",
  ENFILE: "the gateway's machine has too many open files",
  ENOBUFS: "the gateway's machine has no memory left for connections",
  ENOMEM: "the gateway's machine has no memory left for connections",
};

function explainUnreachable(thrown: unknown): string {
  const { code = "", syscall } = (thrown ?? {}) as { code?: string; syscall?: string };
  if (thrown instanceof DeniedAddress) return "its address is in deny_networks";
  if (syscall === "getaddrinfo") {
    return code === "EAI_AGAIN" ? "the name server does not answer" : "its host name cannot be resolved";
  }
  if (thrown instanceof Deno.errors.NotFound) return "its socket does not exist";
  if (thrown instanceof Deno.errors.PermissionDenied || thrown instanceof Deno.errors.NotCapable) return STATES.EACCES!;
  // The cause stays in the log: a message of the runtime may contain the address.
  return STATES[code] ?? (/^E[A-Z0-9]{1,20}$/.test(code) ? `the connection failed (${code})` : "the connection failed");
}
