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

/** The ways to prove who one is; "open" while nobody has to. */
export type Method = CookieMethod | "open" | "token" | "jwt" | "proxy";

/**
 * What proves who somebody is. Sign-ins and share links keep the proof of whoever began or made them, because they end
 * with what it stands on: see lineage.ts.
 */
export interface Proof {
  readonly by: Method;
  /** The name that it proves. */
  readonly name: string;
  /** What it stands on: the mark of a password, a token or settings (marks.ts), or the id of a share link. */
  readonly of?: string;
  /** Groups that a provider or a proxy named. */
  readonly groups?: readonly string[];
  /** When a provider or a proxy vouched for the user. */
  readonly sinceMs?: number;
  /** The proxy that named the user in its headers. */
  readonly via?: string;
  /** What a signed token asks for. */
  readonly bounds?: Bounds;
}

/** Whom a proof identifies, as the configuration has it now. */
export interface Holder {
  /** The name in lists and logs; "anybody" while nobody has to sign in. Programs are "token:NAME", guests "link:ID". */
  readonly name: string;
  readonly groups: readonly string[];
  /** Whether it may open every source, and see and end every session. */
  readonly admin: boolean;
  readonly bounds?: Bounds;
  /** When the proof expires, in milliseconds since 1970; absent means never. */
  readonly untilMs?: number;
}

/** The sender of a request. */
export interface Identity extends Holder {
  /** Whether browsers send the credential automatically, as they do with cookies; such requests need an Origin. */
  readonly ambient: boolean;
  /** The sign-in method or the kind of token, for the audit log; "open" while nobody has to sign in. */
  readonly by: Method;
  readonly proof: Proof;
  /** The id of the cookie's sign-in, which ends before its proof when the browser signs out. */
  readonly signIn?: string;
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
  /** Why a session that began with this role must end. Called every two seconds for each permission in use. */
  whyEnd(identity: Identity, sourceName: string, role: Role): Promise<PortholeError | undefined>;
}

/** Who may open everything while nobody has to sign in. */
export const ANYBODY: Holder = { name: "anybody", groups: [], admin: true };

/** The sender of every request while nobody has to sign in. */
const SENDER: Identity = { ...ANYBODY, ambient: false, by: "open", proof: { by: "open", name: ANYBODY.name } };

interface AccessOptions {
  /** Called for each answer, because the configuration may have changed. */
  config: () => Config;
  /** In the order in which they are tried. */
  credentials: readonly Credential[];
  /** Whom the identity's proof identifies now, or why it has ended. */
  renew: (identity: Identity) => Promise<Holder | PortholeError>;
}

/** Makes the Access of a gateway. */
export function createAccess({ config, credentials, renew }: AccessOptions): Access {
  return {
    identify: async (request, peer) => {
      if (isOpenToAll(config().gateway, config().auth)) return SENDER;
      for (const credential of credentials) {
        const identity = await credential(request, peer);
        if (identity) return identity;
      }
      return null;
    },
    roleOn: decideRole,
    whyEnd: async (identity, sourceName, role) => {
      const holder = await renew(identity);
      return holder instanceof PortholeError ? holder : explainRoleEnd(holder, sourceName, role, config());
    },
  };
}

/** The same text for sessions that must end at the same time, and for the same reason: see `Access.whyEnd()`. */
export function namePermission({ signIn, proof }: Identity, sourceName: string, role: Role): string {
  return JSON.stringify([signIn ?? proof, sourceName, role]);
}

/** Only the permission is checked here: a source that was removed ends its sessions elsewhere. */
function explainRoleEnd(holder: Holder, name: string, role: Role, { sources }: Config): PortholeError | undefined {
  const source = sources.get(name);
  if (!source) return undefined;
  const now = decideRole(holder, source);
  if (now === null) return new PortholeError("not_allowed", "Your permission to open this screen has ended");
  if (role === "control" && now === "view" && !source.viewOnly) {
    return new PortholeError("not_allowed", "Your permission for this screen is now view-only: open it again");
  }
  // The filter of a view-only session stays for its life, so a viewer that may control comes back for it.
  if (role === "view" && now === "control") {
    return new PortholeError("source_changed", "You may now control this screen; it will be back in a moment");
  }
}

/**
 * The role on a source, or null for a source that must look as if it did not exist.
 *
 * Admins may control every source. With an `allow` list, those in it may control the source, and those in `view` may view
 * it. Without one, those in `view` may view it, and everyone else who signed in may control it. The bounds of the
 * credential narrow the result.
 */
export function decideRole(identity: Holder, source: SourceConfig): Role | null {
  const { bounds = {} } = identity;
  if (bounds.sources && !isAmong(source, bounds.sources)) return null;
  const granted = bounds.guest ? bounds.role ?? "view" : grant(identity, source);
  if (granted === null) return null;
  return source.viewOnly || bounds.role === "view" ? "view" : granted;
}

/** Whether they may make share links at all. */
export function mayShare({ bounds }: Pick<Holder, "bounds">): boolean {
  return bounds?.links !== false;
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

function grant(identity: Holder, source: SourceConfig): Role | null {
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
