/** The configuration as every other module sees it: checked, resolved and frozen. Types only. */
import type { Secret } from "./secret.ts";

/** The address of a listener or a source: TCP host and port, or the path of a unix socket. */
export type Address =
  | { readonly kind: "tcp"; readonly hostname: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** The target of a source: an address, or the built-in desktop. */
export type Target = Address | { readonly kind: "demo" };

/** How the VNC server's certificate is verified. With no field set, it is trusted on first use. */
export interface SourceTls {
  /** PEM text of the CAs that may have issued the certificate. */
  readonly ca?: string;
  /** The name that the certificate must be issued for, instead of the host. */
  readonly serverName?: string;
  /** SHA-256 of the certificate (DER), or of the RSA key of an RSA-AES server: 64 lower-case hex digits. */
  readonly fingerprint?: string;
}

/** The directions in which clipboard text is passed on: `in` is up (viewer to source), `out` is down. */
export type Clipboard = "both" | "in" | "out" | "none";

/** How the gateway may probe a source by itself: with a login, up to its version, or not at all. */
export type Look = "full" | "banner" | "off";

/** Where a source was configured: in sources.yaml, on the command line, or in a websockify token file. */
export type SourceOrigin = "file" | "target" | "token_file";

/** The configuration of one source. */
export interface SourceConfig {
  /** Matches `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`. */
  readonly name: string;
  /**
   * SHA-256 of the token that opens it, 64 lower-case hex digits, if it comes from a token file. Its name then stands for
   * the token, which is a secret.
   */
  readonly tokenHash?: string;
  readonly origin: SourceOrigin;
  /** The name that users see. */
  readonly title: string;
  /** The heading on the dashboard. */
  readonly group?: string;
  readonly target: Target;
  /** The user name for the VNC server. */
  readonly username?: string;
  /** The password for the VNC server. */
  readonly password?: Secret;
  /** Whether all viewers are view-only. */
  readonly viewOnly: boolean;
  readonly clipboard: Clipboard;
  /** Most bytes of one clipboard text, in either direction. */
  readonly clipboardLimitBytes: number;
  /** The shared-flag in the gateway's ClientInit (RFC 6143 section 7.3.1). False disconnects other clients. */
  readonly shared: boolean;
  readonly tls?: SourceTls;
  /** Number of upstream connections that are kept logged in and ready. */
  readonly prewarm: number;
  /** Timeout of connecting to the VNC server, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Interval of WebSocket pings to the viewer, in milliseconds; 0 turns them off. */
  readonly keepaliveMs: number;
  /** How long the VNC server may take to let a viewer in, in milliseconds; its user may have to accept. */
  readonly loginTimeoutMs: number;
  /** How the gateway may probe it by itself. Undefined: as far as what it has learned of the server allows. */
  readonly look?: Look;
  /** Users, `group:NAME` and `token:NAME` that may control it; undefined means everyone who signed in. */
  readonly allow?: readonly string[];
  /** Users, `group:NAME` and `token:NAME` that may open it view-only. */
  readonly view?: readonly string[];
}

/** TLS of the gateway's listener: a local CA and certificate, no TLS, or a certificate and key in PEM files. */
export type Tls =
  | { readonly mode: "auto" }
  | { readonly mode: "none" }
  /** Absolute paths. */
  | { readonly mode: "files"; readonly cert: string; readonly key: string };

/** The `gateway` section. */
export interface Gateway {
  readonly listen: Address;
  readonly tls: Tls;
  /** A second listener, for plain HTTP, which redirects to the first. */
  readonly redirect?: Address;
  /** Begins and ends with a slash. */
  readonly basePath: string;
  /** The URL that users open. Ends with a slash. */
  readonly publicUrl?: URL;
  /** IP addresses and CIDR ranges of proxies whose headers are accepted; "unix" is the other end of a unix socket. */
  readonly trustedProxies: readonly string[];
  /** Origins, besides its own, whose pages may open WebSockets and send unsafe requests. */
  readonly allowedOrigins: readonly string[];
  /** Host names, besides its own, under which the gateway may be reached. Lower case. */
  readonly allowedHosts: readonly string[];
  /** IP addresses and CIDR ranges that the gateway never connects to; checked after DNS resolution. */
  readonly denyNetworks: readonly string[];
  /** How long a session waits for a viewer that has lost its connection, in milliseconds; 0 means not at all. */
  readonly resumeMs: number;
  /** A service that also receives the audit log, and the Bearer token for it. */
  readonly audit?: { readonly url: URL; readonly token?: Secret };
  /** Absolute path of the folder for certificates, keys and state. */
  readonly dataDir: string;
}

/** An amount of memory: a share of what the machine or the container has, from 0 to 1, or bytes, where 0 means no limit. */
export type MemoryLimit = { readonly share: number } | { readonly bytes: number };

/** The `limits` section. */
export interface Limits {
  /** Resident memory above which the gateway ends every connection. */
  readonly memory: MemoryLimit;
  /** Most open sessions. */
  readonly sessions: number;
  /** Most open sessions of one source. */
  readonly perSource: number;
  /** Most open sessions of one IP address. */
  readonly perAddress: number;
  /** Most open sessions of one signed-in user, from all addresses together. */
  readonly perUser: number;
  /** Most sessions that are not open yet. */
  readonly handshakes: number;
  /** Most new sessions of one IP address per minute. */
  readonly connectsPerMinute: number;
  /** Most sign-in attempts of one IP address per minute. */
  readonly signInsPerMinute: number;
  /** Bytes from a viewer that may wait for a source that does not read. */
  readonly upQueueBytes: number;
  /** Bytes on their way to viewers that may be kept until they are acknowledged, for all sessions together. */
  readonly unacknowledgedBytes: number;
  /** A session ends after this many milliseconds without key and pointer events; 0 means never. */
  readonly idleMs: number;
  /** A viewer that reads nothing for this many milliseconds is disconnected. */
  readonly stallMs: number;
}

/** A user who signs in with a password. */
export interface User {
  readonly name: string;
  /** PHC string of argon2id. */
  readonly passwordHash: string;
  readonly groups: readonly string[];
  /** Base32 secret for two-factor authentication; users may also set up their own. */
  readonly totp?: Secret;
}

/** A permission of an API token; `view` and `control` are for sources. */
export type Scope = "view" | "control" | "links" | "metrics" | "admin";

/** A token for a program, sent as `Authorization: Bearer`. */
export interface ApiToken {
  readonly name: string;
  /** SHA-256 of the token, 64 lower-case hex digits. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  readonly groups: readonly string[];
  /** Names of the only sources that it may open; undefined means every source that its name and groups may open. */
  readonly sources?: readonly string[];
  /** Milliseconds since 1970; undefined means never. */
  readonly expiresAtMs?: number;
}

/** An issuer of `/websockify?token=<JWT>`: a shared secret (HS256), or a public key in PEM (RS256, ES256). */
export interface TokenSigner {
  readonly key: { readonly kind: "secret"; readonly secret: Secret } | {
    readonly kind: "public";
    readonly pem: string;
  };
  /** The required `iss` claim. */
  readonly issuer?: string;
  /** The required `aud` claim. */
  readonly audience?: string;
  /** Names of the only sources that its tokens may open; undefined means every source. */
  readonly sources?: readonly string[];
  /** The highest role of its tokens. */
  readonly role: "view" | "control";
}

/** The names of the claims that identify a user. */
export interface UserClaims {
  readonly user: string;
  readonly groups: string;
}

/** An OpenID Connect provider. */
export interface OidcProvider {
  /** Exactly as the provider spells it. */
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined for a public client, which relies on PKCE alone. */
  readonly clientSecret?: Secret;
  /** The name in "Sign in with TITLE". */
  readonly title: string;
  /** Always includes `openid`. */
  readonly scopes: readonly string[];
  readonly claims: UserClaims;
  /** Maps the provider's groups to groups of the gateway and drops the others. Undefined: groups keep their names. */
  readonly groups?: ReadonlyMap<string, string>;
  /** Only users with an email address in these domains, or named in `users`, may sign in. With neither, all may. */
  readonly domains?: readonly string[];
  readonly users?: readonly string[];
}

/** The headers in which a proxy names the user, in lower case. */
export interface UserHeaders {
  readonly user: string;
  readonly groups?: string;
}

/** A signed token in which a proxy names the user. */
export interface ProxyAssertion {
  /** The header that carries the token, in lower case. */
  readonly header: string;
  /** URL of the keys that it is signed with (RFC 7517). */
  readonly jwks: string;
  readonly issuer: string;
  readonly audience: string;
  readonly claims: UserClaims;
}

/** Sign-in by a proxy in front of the gateway. */
export interface ProxySignIn {
  /** Accepted only from `trustedProxies`. */
  readonly headers?: UserHeaders;
  /** Accepted from any address. */
  readonly assertion?: ProxyAssertion;
}

/** The ways in which users and programs sign in. */
export interface SignInMethods {
  /** By name. */
  readonly users: ReadonlyMap<string, User>;
  readonly tokens: readonly ApiToken[];
  readonly signers: readonly TokenSigner[];
  readonly oidc?: OidcProvider;
  readonly proxy?: ProxySignIn;
  /** Whether the login link of the first start also works. */
  readonly loginLink: boolean;
  /** Users, `group:NAME` and `token:NAME` that may open every source, and see and end every session. */
  readonly admins: readonly string[];
  /** A user is signed out after this many milliseconds without activity, and after this many in all. */
  readonly session: { readonly idleMs: number; readonly absoluteMs: number };
}

/** The `auth` section: `none`, absent (a login link, unless only this machine can reach the gateway), or methods. */
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
