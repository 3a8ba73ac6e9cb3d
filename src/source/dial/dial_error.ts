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

function explainUnreachable(thrown: unknown): string {
  if (thrown instanceof DeniedAddress) return "its address is in deny_networks";
  if (thrown instanceof Deno.errors.NotFound) return "its socket does not exist";
  if (thrown instanceof Deno.errors.PermissionDenied || thrown instanceof Deno.errors.NotCapable) {
    return "the gateway is not permitted to open it";
  }
  if ((thrown as { syscall?: string }).syscall === "getaddrinfo") return "its host name cannot be resolved";
  return "no route to it";
}
