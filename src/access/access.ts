/** Who sends a request, and what they may open. */
import type { SourceConfig } from "../config/config.ts";
import type { PortholeError } from "../errors.ts";
import type { Peer } from "./peer.ts";

/** What a user may do with a source; `view` is enforced on the wire. */
export type Role = "view" | "control";

/** What a credential allows at most, whatever its holder may do otherwise. */
export interface Bounds {
  /** The only sources that it opens. */
  readonly sources?: readonly string[];
  readonly role?: Role;
  /** Opens these sources although their lists do not name the holder, as a share link does. */
  readonly guest?: boolean;
  /** May read the metrics. */
  readonly metrics?: boolean;
  /** May make share links; users may unless this is false. */
  readonly links?: boolean;
}

/** Methods of signing in that give the browser a cookie. */
export type CookieMethod = "password" | "login_link" | "share_link" | "oidc";

/** Who sends a request. */
export interface Identity {
  /** For lists and logs; "anybody" while nobody has to sign in. Programs are "token:NAME", guests "link:ID". */
  readonly name: string;
  readonly groups: readonly string[];
  /** May open every source, and see and end every session. */
  readonly admin: boolean;
  /** Whether the browser sends the credential by itself, as it does with cookies: then the request needs an Origin. */
  readonly ambient: boolean;
  /** The method of signing in, or the kind of token; "open" while nobody has to sign in. For the audit log. */
  readonly by: CookieMethod | "open" | "token" | "jwt" | "proxy";
  readonly bounds?: Bounds;
  /** The id of the cookie's sign-in, for the account page. */
  readonly signIn?: string;
  /** Why the credential is not valid any more; undefined while it is. Asked every two seconds for each live session. */
  whyEnded(): Promise<PortholeError | undefined>;
}

/**
 * One kind of credential: cookies, tokens, a proxy's headers. It returns null when the request carries none of its kind;
 * the next kind is then asked.
 *
 * @throws PortholeError sign_in_required when the request carries one of its kind that is not valid.
 */
export type Credential = (request: Request, peer: Peer) => Promise<Identity | null> | Identity | null;

/** What the guards ask. */
export interface Access {
  /** Who sent the request; null when they must sign in. */
  identify(request: Request, peer: Peer): Promise<Identity | null>;
  /** What they may do with the source; null when it is to look as if the source did not exist. */
  roleOn(identity: Identity, source: SourceConfig): Role | null;
  /** Why a session that began with this role must end. */
  whyEnd(identity: Identity, sourceName: string, role: Role): Promise<PortholeError | undefined>;
}

/** Everybody, while nobody has to sign in. */
export const ANYBODY: Identity = {
  name: "anybody",
  groups: [],
  admin: true,
  ambient: false,
  by: "open",
  whyEnded: () => Promise.resolve(undefined),
};
