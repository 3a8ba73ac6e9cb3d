/** Users that sources.yaml does not name: from a provider's claims or a proxy's headers. */
import type { UserClaims } from "../config/config.ts";
import { PortholeError } from "../errors.ts";

/** A user as a provider or proxy names them. */
export interface ExternalUser {
  readonly name: string;
  readonly groups: readonly string[];
}

/** A colon is not allowed, because "token:ci", "link:x" and "group:admins" have meanings of their own. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._+@-]{0,63}$/u;
const MOST_GROUPS = 256;

/**
 * Reads the claims. Refuses an email address that the provider marks as unverified: anybody could have entered it.
 *
 * @throws PortholeError not_allowed when there is no valid name.
 */
export function readUser(claims: Readonly<Record<string, unknown>>, names: UserClaims): ExternalUser {
  const name = Object.hasOwn(claims, names.user) ? claims[names.user] : undefined;
  if (typeof name !== "string" || !NAME.test(name)) {
    throw new PortholeError("not_allowed", `The sign-in provider sent no valid ${names.user}`);
  }
  if (names.user === "email" && claims["email_verified"] === false) {
    throw new PortholeError("not_allowed", "Your email address is not verified");
  }
  return { name, groups: readGroups(Object.hasOwn(claims, names.groups) ? claims[names.groups] : undefined) };
}

/** The groups in a header: names separated by commas. */
export function splitGroups(header: string | null): string[] {
  return readGroups((header ?? "").split(",").map((name) => name.trim()));
}

/** Whether a name can be that of a user. */
export function isValidName(name: string): boolean {
  return NAME.test(name);
}

function readGroups(claim: unknown): string[] {
  const listed = typeof claim === "string" ? [claim] : Array.isArray(claim) ? claim : [];
  return listed.filter((name) => typeof name === "string" && name !== "").slice(0, MOST_GROUPS);
}
