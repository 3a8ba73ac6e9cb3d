/** Access control: who sends a request, and what they may do with a source. */
import type { Config, SourceConfig } from "../config/config.ts";
import { isOpenToAll } from "../config/exposure.ts";
import { markToken } from "../config/source_token.ts";
import { PortholeError } from "../errors.ts";
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

/** Whether this is a user who signed in, not a program, a guest or anonymous: other users may see the name. */
export function isUser({ by }: Pick<Identity, "by">): boolean {
  return by === "password" || by === "login_link" || by === "oidc" || by === "proxy";
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
const ANYBODY: Identity = {
  name: "anybody",
  groups: [],
  admin: true,
  ambient: false,
  by: "open",
  whyEnded: () => Promise.resolve(undefined),
};

interface AccessOptions {
  /** Called for each answer, because the configuration may have changed. */
  config: () => Config;
  /** In the order in which they are tried. */
  credentials: readonly Credential[];
}

/** Makes the Access of a gateway. */
export function createAccess({ config, credentials }: AccessOptions): Access {
  const isOpen = () => isOpenToAll(config().gateway, config().auth);
  return {
    identify: async (request, peer) => {
      if (isOpen()) return ANYBODY;
      for (const credential of credentials) {
        const identity = await credential(request, peer);
        if (identity) return identity;
      }
      return null;
    },
    roleOn: decideRole,
    whyEnd: async (identity, sourceName, role) =>
      explainOpenEnd(identity, isOpen()) ?? await identity.whyEnded() ??
        explainRoleEnd(identity, sourceName, role, config()),
  };
}

function explainOpenEnd(identity: Identity, isOpen: boolean): PortholeError | undefined {
  if (identity !== ANYBODY || isOpen) return undefined;
  return new PortholeError("sign_in_required", "This gateway now requires sign-in");
}

/** Only the permission is checked here: a source that was removed ends its sessions elsewhere. */
function explainRoleEnd(identity: Identity, name: string, role: Role, { sources }: Config): PortholeError | undefined {
  const source = sources.get(name);
  if (!source) return undefined;
  const now = decideRole(identity, source);
  if (now === null) return new PortholeError("not_allowed", "Your permission to open this screen has ended");
  if (role === "control" && now === "view" && !source.viewOnly) {
    return new PortholeError("not_allowed", "Your permission for this screen is now view-only: open it again");
  }
}

/** The part of an identity that permissions depend on. */
type Principal = Pick<Identity, "name" | "groups" | "admin" | "bounds">;

/**
 * The role on a source, or null for a source that must look as if it did not exist.
 *
 * Admins may control every source. With an `allow` list, those in it may control the source, and those in `view` may view
 * it. Without one, those in `view` may view it, and everyone else who signed in may control it. The bounds of the
 * credential narrow the result.
 */
export function decideRole(identity: Principal, source: SourceConfig): Role | null {
  const { bounds = {} } = identity;
  if (bounds.sources && !isAmong(source, bounds.sources)) return null;
  const granted = bounds.guest ? bounds.role ?? "view" : grant(identity, source);
  if (granted === null) return null;
  return source.viewOnly || bounds.role === "view" ? "view" : granted;
}

/** Whether a list of names includes a source, by its name or by the token that opens it. */
function isAmong({ name, tokenHash }: SourceConfig, names: readonly string[]): boolean {
  return names.includes(name) ||
    (tokenHash !== undefined && names.some((one) => markToken(one).tokenHash === tokenHash));
}

/**
 * Whether lists may show a source, and its name opens it. The sources of token files are secret: only administrators who
 * signed in see them, and those whose credential is for that source. Everyone else needs the token.
 */
export function mayList(
  { admin, by, bounds }: Pick<Identity, "admin" | "by" | "bounds">,
  source: SourceConfig,
): boolean {
  if (source.tokenHash === undefined || (admin && by !== "open")) return true;
  return bounds?.sources !== undefined && isAmong(source, bounds.sources);
}

function grant(identity: Principal, source: SourceConfig): Role | null {
  if (identity.admin) return "control";
  const { allow, view = [] } = source;
  if (allow && isNamed(identity, allow)) return "control";
  if (isNamed(identity, view)) return "view";
  return allow ? null : "control";
}

/** Whether a list of names, `group:NAME` and `token:NAME` includes this identity. */
export function isNamed({ name, groups }: Pick<Identity, "name" | "groups">, list: readonly string[]): boolean {
  return list.some((entry) => entry === name || (entry.startsWith("group:") && groups.includes(entry.slice(6))));
}
