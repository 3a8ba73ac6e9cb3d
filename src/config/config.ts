/** The configuration as every other room sees it: checked, resolved, frozen. Types only. */
import type { Secret } from "./secret.ts";

/** Where a listener is, or a source: TCP host and port, or the path of a unix socket. */
export type Address =
  | { readonly kind: "tcp"; readonly hostname: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** Where a source is: an address, or the built-in desktop. */
export type Target = Address | { readonly kind: "demo" };

/** How the VNC server's certificate is trusted; none of them means trust on first use. */
export interface SourceTls {
  /** PEM text of the CAs that may have signed it. */
  readonly ca?: string;
  /** The name that the certificate must carry, instead of the host. */
  readonly serverName?: string;
  /** SHA-256 of the certificate in DER, as 64 lower-case hex digits. */
  readonly fingerprint?: string;
}

/** Which way cut text may travel: `in` is up (viewer to source), `out` is down. */
export type Clipboard = "both" | "in" | "out" | "none";

/** Where a source comes from: sources.yaml, the command line, or a token file of websockify's. */
export type SourceOrigin = "file" | "target" | "token_file";

/** One VNC server of sources.yaml. */
export interface SourceConfig {
  /** `[A-Za-z0-9][A-Za-z0-9._-]{0,63}` */
  readonly name: string;
  readonly origin: SourceOrigin;
  readonly title: string;
  readonly group?: string;
  readonly target: Target;
  readonly username?: string;
  readonly password?: Secret;
  readonly viewOnly: boolean;
  readonly clipboard: Clipboard;
  /** What the gateway sends as ClientInit's shared-flag (RFC 6143 section 7.3.1). */
  readonly shared: boolean;
  readonly tls?: SourceTls;
  /** Upstream connections kept logged in and ready. */
  readonly prewarm: number;
  readonly connectTimeoutMs: number;
  /** WebSocket ping interval towards the viewer; 0 is off. */
  readonly keepaliveMs: number;
  /** Who may open it with control: user names and `group:NAME`; undefined is everybody who signed in. */
  readonly allow?: readonly string[];
  /** Who may open it view-only. */
  readonly view?: readonly string[];
}

/** How the browser side is encrypted. */
export type Tls =
  | { readonly mode: "auto" }
  | { readonly mode: "none" }
  | { readonly mode: "files"; readonly cert: string; readonly key: string };

/** The gateway's own settings. */
export interface Gateway {
  readonly listen: Address;
  readonly tls: Tls;
  readonly redirect?: Address;
  /** Begins and ends with a slash. */
  readonly basePath: string;
  readonly publicUrl?: URL;
  /** Addresses and CIDR ranges whose X-Forwarded-* headers count. */
  readonly trustedProxies: readonly string[];
  /** Origins besides the own one that may open WebSockets and send unsafe requests. */
  readonly allowedOrigins: readonly string[];
  /** Host names besides the own ones under which it may be reached. */
  readonly allowedHosts: readonly string[];
  /** CIDR ranges that are never dialed, checked on the address after DNS. */
  readonly denyNetworks: readonly string[];
  /** Where the trail is sent beside its file, and the token that goes with it. */
  readonly audit?: { readonly url: URL; readonly token?: Secret };
  /** Absolute path of the folder for certificates, keys and state. */
  readonly dataDir: string;
}

/** Caps; 0 is off where it says so. Sizes in bytes, times in milliseconds. */
export interface Limits {
  readonly sessions: number;
  readonly perSource: number;
  /** Sessions of one address. */
  readonly perAddress: number;
  /** Sessions of one person who signed in, from wherever. */
  readonly perUser: number;
  /** Sessions that are not open yet. */
  readonly handshakes: number;
  readonly connectsPerMinute: number;
  /** Tries to sign in, of one address. */
  readonly signInsPerMinute: number;
  /** Bytes a viewer may have queued towards a source that does not read. */
  readonly upQueueBytes: number;
  /** A session without a key or pointer event for this long ends; 0 is off. */
  readonly idleMs: number;
  /** A viewer that takes no byte for this long is let go. */
  readonly stallMs: number;
}

/** Someone who signs in with a password. */
export interface User {
  readonly name: string;
  /** PHC string of argon2id. */
  readonly passwordHash: string;
  readonly groups: readonly string[];
  /** Base32 secret of the two-factor authentication, where the file says it; people may also set one up by themselves. */
  readonly totp?: Secret;
}

/** What a program's token may do; `view` and `control` concern sources. */
export type Scope = "view" | "control" | "links" | "metrics" | "admin";

/** A program's token, sent as `Authorization: Bearer`. */
export interface ApiToken {
  readonly name: string;
  /** SHA-256 of the token, 64 lower-case hex digits. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  readonly groups: readonly string[];
  /** The only sources it is for; undefined is every one that its name and groups may open. */
  readonly sources?: readonly string[];
  readonly expiresAtMs?: number;
}

/** Who may sign `/websockify?token=<JWT>`: a shared secret (HS256), or a public key in PEM (RS256, ES256). */
export interface TokenSigner {
  readonly key: { readonly kind: "secret"; readonly secret: Secret } | {
    readonly kind: "public";
    readonly pem: string;
  };
  readonly issuer?: string;
  readonly audience?: string;
}

/** The claims that say who somebody is. */
export interface UserClaims {
  readonly user: string;
  readonly groups: string;
}

/** A provider of OpenID Connect. */
export interface OidcProvider {
  /** As the provider itself spells it. */
  readonly issuer: string;
  readonly clientId: string;
  /** Left out for a public client, which PKCE alone protects. */
  readonly clientSecret?: Secret;
  /** What people call it: "Sign in with TITLE". */
  readonly title: string;
  readonly scopes: readonly string[];
  readonly claims: UserClaims;
  /** The provider's group to ours; groups that it does not name count as none. Undefined: they keep their names. */
  readonly groups?: ReadonlyMap<string, string>;
  /** Only people of these mail domains, or those named in `users`, may sign in; neither: everybody whom it knows. */
  readonly domains?: readonly string[];
  readonly users?: readonly string[];
}

/** Headers in which a proxy says who somebody is, in lower case. */
export interface UserHeaders {
  readonly user: string;
  readonly groups?: string;
}

/** A signed token in which a proxy says who somebody is. */
export interface ProxyAssertion {
  readonly header: string;
  /** Where the keys are that sign it (RFC 7517). */
  readonly jwks: string;
  readonly issuer: string;
  readonly audience: string;
  readonly claims: UserClaims;
}

/** Sign-in by a proxy in front of the gateway: headers from `trustedProxies` only, a signed assertion from anywhere. */
export interface ProxySignIn {
  readonly headers?: UserHeaders;
  readonly assertion?: ProxyAssertion;
}

/** How people and programs sign in. */
export interface SignInMethods {
  readonly users: ReadonlyMap<string, User>;
  readonly tokens: readonly ApiToken[];
  readonly signers: readonly TokenSigner[];
  readonly oidc?: OidcProvider;
  readonly proxy?: ProxySignIn;
  /** Whether the login link of the first start works beside them. */
  readonly loginLink: boolean;
  /** User names and `group:NAME`: who may open every source, and see and end everything. */
  readonly admins: readonly string[];
  /** How long a sign-in lasts without use, and at most. */
  readonly session: { readonly idleMs: number; readonly absoluteMs: number };
}

/** Sign-in: off (`auth: none`), not said (a login link, beyond this machine), or methods. */
export type Auth =
  | { readonly mode: "none" }
  | ({ readonly mode: "unset" | "methods" } & SignInMethods);

/** The whole configuration. */
export interface Config {
  readonly gateway: Gateway;
  readonly auth: Auth;
  readonly limits: Limits;
  /** By name; a Map, so that `__proto__` is a name like any other. */
  readonly sources: ReadonlyMap<string, SourceConfig>;
}
