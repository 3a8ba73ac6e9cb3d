/** Who somebody is, as told by somebody else: a provider's claims, a proxy's headers. */
import type { UserClaims } from "../config/config.ts";
import { PortholeError } from "../errors.ts";

/** Somebody from elsewhere. */
export interface Person {
  readonly name: string;
  readonly groups: readonly string[];
}

/** No colon: "token:ci", "link:x" and "group:admins" are names of other kinds in the lists of sources.yaml. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._+@-]{0,63}$/u;
const MOST_GROUPS = 256;

/**
 * Reads the claims. A mail address that the provider has not verified is no name: anybody could have written it.
 *
 * @throws PortholeError not_allowed when there is no usable name.
 */
export function readPerson(claims: Readonly<Record<string, unknown>>, names: UserClaims): Person {
  const name = Object.hasOwn(claims, names.user) ? claims[names.user] : undefined;
  if (typeof name !== "string" || !NAME.test(name)) {
    throw new PortholeError("not_allowed", `Your sign-in names nobody: its ${names.user} is missing or no usable name`);
  }
  if (names.user === "email" && claims["email_verified"] === false) {
    throw new PortholeError("not_allowed", "Your mail address is not verified");
  }
  return { name, groups: readGroups(Object.hasOwn(claims, names.groups) ? claims[names.groups] : undefined) };
}

/** Groups of a header: names between commas. */
export function splitGroups(header: string | null): string[] {
  return readGroups((header ?? "").split(",").map((name) => name.trim()));
}

/** Somebody by name alone; undefined when it is no usable name. */
export function isUsableName(name: string): boolean {
  return NAME.test(name);
}

function readGroups(claim: unknown): string[] {
  const listed = typeof claim === "string" ? [claim] : Array.isArray(claim) ? claim : [];
  return listed.filter((name) => typeof name === "string" && name !== "").slice(0, MOST_GROUPS);
}
