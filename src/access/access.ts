/** Who is asking, and what may they open. */
import type { SourceConfig } from "../config/config.ts";
import type { PortholeError } from "../errors.ts";
import type { Peer } from "./peer.ts";

/** What a person may do with a source; `view` is enforced on the wire. */
export type Role = "view" | "control";

/** What a credential allows at most, whatever its holder may do otherwise. */
export interface Bounds {
  /** The only sources it is for. */
  readonly sources?: readonly string[];
  readonly role?: Role;
  /** Opens these sources although their lists do not name the holder: what a share link is for. */
  readonly guest?: boolean;
  /** May read the metrics. */
  readonly metrics?: boolean;
  /** May make share links; people may unless it says false. */
  readonly links?: boolean;
}

/** Who is asking. */
export interface Identity {
  /** For lists and logs; "anybody" while nobody has to sign in. Programs are "token:NAME", guests "link:LABEL". */
  readonly name: string;
  readonly groups: readonly string[];
  /** May open every source, and see and end every session. */
  readonly admin: boolean;
  /** Whether the browser sends the credential by itself, as it does with cookies: then the page's origin must be known. */
  readonly ambient: boolean;
  /** How it signed in: "nobody has to", a cookie's way in, or the kind of token. For the trail. */
  readonly by: "open" | "password" | "login_link" | "share_link" | "token" | "jwt" | "oidc" | "proxy";
  readonly bounds?: Bounds;
  /** The cookie's sign-in, for the account page. */
  readonly signIn?: string;
  /** Why the credential counts no more; undefined while it does. Asked every two seconds by live sessions. */
  whyEnded(): Promise<PortholeError | undefined>;
}

/**
 * One way to say who sends a request: cookies, tokens, a proxy's headers. It gives null when the request holds nothing
 * for it, and the next one is asked.
 *
 * @throws PortholeError sign_in_required when the request holds its kind of credential and that does not count.
 */
export type Credential = (request: Request, peer: Peer) => Promise<Identity | null> | Identity | null;

/** The guard's questions; every way to sign in stands behind them. */
export interface Access {
  /** Who sent the request; null when sign-in is needed. */
  identify(request: Request, peer: Peer): Promise<Identity | null>;
  /** What that one may do with the source; null when it is to look as if the source did not exist. */
  roleOn(identity: Identity, source: SourceConfig): Role | null;
  /** Why one who began with this role may not go on. */
  whyEnd(identity: Identity, sourceName: string, role: Role): Promise<PortholeError | undefined>;
}

/** Who everybody is while nobody has to sign in. */
export const ANYBODY: Identity = {
  name: "anybody",
  groups: [],
  admin: true,
  ambient: false,
  by: "open",
  whyEnded: () => Promise.resolve(undefined),
};
