import type { Secret } from "../config/secret.ts";

/** What a login is tried with. */
export interface Credentials {
  readonly username?: string;
  readonly password?: Secret;
}

/** The credentials that the configuration has for a source. */
export function pickCredentials({ username, password }: Credentials): Credentials {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
}
