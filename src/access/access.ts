/** Identities, and what guards ask about them. */
import type { SourceConfig } from "../config/config.ts";
import type { PortholeError } from "../errors.ts";
import type { Peer } from "./peer.ts";

/** What a user may do with a source; `view` is enforced on the wire. */
export type Role = "view" | "control";

/** Limits of a credential. They apply even if its holder has more permissions. */
export interface Bounds {
  /** The only sources that it opens. */
  readonly sources?: readonly string[];
  readonly role?: Role;
  /** Whether it opens these sources even if their lists do not name the holder, as a share link does. */
  readonly guest?: boolean;
  /** Whether it may read the metrics. */
  readonly metrics?: boolean;
  /** Whether it may make share links; absent means that it may. */
  readonly links?: boolean;
}

/** Sign-in methods that give the browser a cookie. */
export type CookieMethod = "password" | "login_link" | "share_link" | "oidc";

/** The sender of a request. */
export interface Identity {
  /** The name in lists and logs; "anybody" while nobody has to sign in. Programs are "token:NAME", guests "link:ID". */
  readonly name: string;
  readonly groups: readonly string[];
  /** Whether it may open every source, and see and end every session. */
  readonly admin: boolean;
  /** Whether browsers send the credential automatically, as they do with cookies; such requests need an Origin. */
  readonly ambient: boolean;
  /** The sign-in method or the kind of token, for the audit log; "open" while nobody has to sign in. */
  readonly by: CookieMethod | "open" | "token" | "jwt" | "proxy";
  readonly bounds?: Bounds;
  /** The id of the cookie's sign-in, for the account page. */
  readonly signIn?: string;
  /** Why the credential is no longer valid; undefined while it is. Called every two seconds for each live session. */
  whyEnded(): Promise<PortholeError | undefined>;
}

/**
 * Reads one kind of credential: cookies, tokens, a proxy's headers. Returns null when the request has no credential of
 * this kind; the next kind is then tried.
 *
 * @throws PortholeError sign_in_required when the request has an invalid credential of this kind.
 */
export type Credential = (request: Request, peer: Peer) => Promise<Identity | null> | Identity | null;

/** Identifies senders and decides what they may open, for the guards. */
export interface Access {
  /** The sender of the request; null when they must sign in. */
  identify(request: Request, peer: Peer): Promise<Identity | null>;
  /** Their role on the source; null when it must look as if the source did not exist. */
  roleOn(identity: Identity, source: SourceConfig): Role | null;
  /** Why a session that began with this role must end. */
  whyEnd(identity: Identity, sourceName: string, role: Role): Promise<PortholeError | undefined>;
}

/** The sender of every request while nobody has to sign in. */
export const ANYBODY: Identity = {
  name: "anybody",
  groups: [],
  admin: true,
  ambient: false,
  by: "open",
  whyEnded: () => Promise.resolve(undefined),
};
