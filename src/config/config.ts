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
  /** PEM text of the certificate authorities that may have signed it. */
  readonly ca?: string;
  /** The name that the certificate must carry, instead of the host. */
  readonly serverName?: string;
  /** SHA-256 of the certificate in DER, as 64 lower-case hex digits. */
  readonly fingerprint?: string;
}

/** Which way cut text may travel: `in` is up (viewer to source), `out` is down. */
export type Clipboard = "both" | "in" | "out" | "none";

/** One VNC server of sources.yaml. */
export interface Source {
  /** `[A-Za-z0-9][A-Za-z0-9._-]{0,63}` */
  readonly name: string;
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
  readonly trustProxies: readonly string[];
  /** Origins besides the own one that may open WebSockets and send unsafe requests. */
  readonly allowedOrigins: readonly string[];
  /** CIDR ranges that are never dialed, checked on the address after DNS. */
  readonly denyNetworks: readonly string[];
  /** Absolute path of the folder for certificates, keys and state. */
  readonly dataDir: string;
}

/** Caps; 0 is off where it says so. Sizes in bytes, times in milliseconds. */
export interface Limits {
  readonly sessions: number;
  readonly perSource: number;
  readonly perViewer: number;
  readonly connectsPerMinute: number;
  /** Bytes a viewer may have queued towards a source that does not read. */
  readonly upQueueBytes: number;
  /** A session without a key or pointer event for this long ends; 0 is off. */
  readonly idleMs: number;
  /** A viewer that takes no byte for this long is let go. */
  readonly stallMs: number;
}

/** Sign-in: off (`auth: none`), not said, or methods. */
export type Auth =
  | { readonly mode: "none" }
  | { readonly mode: "unset" }
  /** Sign-in methods as they were written; refused at load until sign-in exists. */
  | { readonly mode: "methods"; readonly raw: unknown };

/** The whole configuration. */
export interface Config {
  readonly gateway: Gateway;
  readonly auth: Auth;
  readonly limits: Limits;
  /** By name; a Map, so that `__proto__` is a name like any other. */
  readonly sources: ReadonlyMap<string, Source>;
}
