import type { PortholeError } from "../errors.ts";

/** The user of a session, for logs, lists and limits. */
export interface SessionUser {
  /** The viewer's address, as limits group it. */
  readonly address: string;
  /** The name of the user; undefined while nobody has to sign in. */
  readonly name?: string;
  /** The id of the cookie's sign-in, since guests of one share link have the same name. */
  readonly signIn?: string | undefined;
  /** Whether this is a user who signed in: such users may see each other's names. */
  readonly isUser?: boolean;
  /** Whether the user's page is a secure context; true if not given. */
  readonly hasSecureContext?: boolean;
  /** Whether the user may only view the source. */
  readonly viewOnly?: boolean;
  /** Why the session must end: the permission or the sign-in has ended. Called every two seconds, so it must be cheap. */
  readonly whyEnd?: () => Promise<PortholeError | undefined>;
  /** The same text where `whyEnd` gives the same answer: it is then asked once for all these sessions. */
  readonly permission?: string;
  /** Without a key, a pointer event or cut text for this long, the session ends; 0 or absent means never. */
  readonly idleLimitMs?: number;
}

/** Whose wrong passwords of VNC servers are counted together: those of a user, or of others at one address. */
export function nameSender({ isUser, name = "", address }: SessionUser): string {
  return isUser ? name : `${name} ${address}`;
}

/** Whether two sessions are of one browser, as far as its cookie says; without one, of one user at one address. */
export function isSameBrowser(one: SessionUser, other: SessionUser): boolean {
  if (one.name !== other.name || one.signIn !== other.signIn) return false;
  return one.signIn !== undefined || one.address === other.address;
}
