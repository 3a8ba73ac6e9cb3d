/** The input of a login, and the credentials that it may ask for. */
import type { Secret } from "../../config/secret.ts";
import { LoginRefused, type Need } from "../refusal.ts";

/** How a source proves its identity before a secret is sent. */
export type Proof = "certificate" | "key";

/** The credentials, and what the configuration requires. */
export interface Login {
  readonly username?: string;
  readonly password?: Secret;
  /** ClientInit's shared-flag (RFC 6143 section 7.3.1). */
  readonly shared: boolean;
  /** Proofs of identity that the login accepts; it speaks only types with one of them. Empty accepts every type. */
  readonly proofs: readonly Proof[];
}

/** Which of `needs` the login lacks. */
export function listMissing(needs: readonly Need[], login: Login): Need[] {
  return needs.filter((need) => login[need] === undefined);
}

/** Checks that the login has what `needs` names. @throws {LoginRefused} `secret_missing` */
export function demand(needs: readonly Need[], login: Login): void {
  if (listMissing(needs, login).length > 0) throw refuseMissing(needs);
}

/** The refusal of a login that lacks one of `needs`. */
export function refuseMissing(needs: readonly Need[]): LoginRefused {
  const words = needs.includes("username") ? "a user name and a password" : "a password";
  return new LoginRefused("secret_missing", `the server asks for ${words}`, { needs });
}
