import type { Secret } from "../config/secret.ts";

/** The user name and password of a login. */
export interface Credentials {
  readonly username?: string;
  readonly password?: Secret;
}

/** The credentials in the configuration of a source. */
export function pickCredentials({ username, password }: Credentials): Credentials {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
}
