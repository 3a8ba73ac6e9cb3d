/** Makes the Config that other rooms see from what was written, with what stands in for the parts left out. */
import { resolve } from "node:path";
import type { Address, Gateway, Limits, SourceConfig, SourceTls, Target, Tls } from "./config.ts";
import { FIRST_VNC_PORT } from "./address.ts";
import type { Path } from "./problem.ts";
import type { Resolver } from "./resolver.ts";
import { DEFAULT_PORT, type WrittenFile, type WrittenSource } from "./schema.ts";

const DEFAULT_CONNECT_TIMEOUT_MS = 5000;
const DEFAULT_KEEPALIVE_MS = 20_000;

/** What the command line and the environment say over the file. */
export interface Overrides {
  readonly listen?: Address;
  readonly tls?: Tls;
  readonly redirect?: Address;
  readonly basePath?: string;
  readonly publicUrl?: URL;
  /** As given; relative to the working directory. */
  readonly data?: string;
  /** `auth: none`, spelled out. */
  readonly open?: boolean;
  /** Sources named on the command line; they win over the file's. */
  readonly targets?: ReadonlyMap<string, Address>;
  /** websockify's token files, or folders of them; their sources win over the file's. */
  readonly tokenFiles?: readonly string[];
}

type WrittenGateway = WrittenFile["gateway"];

/** The gateway's settings: what overrides say, else the file, else the default. */
export async function buildGateway(
  written: WrittenGateway,
  overrides: Overrides,
  resolver: Resolver,
): Promise<Gateway> {
  const audit = written.audit && await buildAudit(written.audit, resolver);
  const redirect = overrides.redirect ?? written.redirect;
  const publicUrl = overrides.publicUrl ?? written.public_url;
  return {
    listen: overrides.listen ?? written.listen ?? { kind: "tcp", hostname: "127.0.0.1", port: DEFAULT_PORT },
    tls: overrides.tls ?? buildTls(written.tls, resolver),
    ...(redirect && { redirect }),
    basePath: overrides.basePath ?? written.base_path ?? "/",
    ...(publicUrl && { publicUrl }),
    trustedProxies: written.trusted_proxies,
    allowedOrigins: written.allowed_origins,
    allowedHosts: written.allowed_hosts.map((host) => host.toLowerCase()),
    denyNetworks: written.deny_networks,
    ...(audit && { audit }),
    dataDir: overrides.data === undefined ? resolver.resolvePath(written.data ?? "data") : resolve(overrides.data),
  };
}

async function buildAudit({ url, token }: NonNullable<WrittenGateway["audit"]>, resolver: Resolver) {
  const secret = token === undefined ? undefined : await resolver.readSecret(["gateway", "audit", "token"], token);
  return { url, ...(secret && { token: secret }) };
}

/** The caps, under the names that other rooms use. */
export function buildLimits(written: WrittenFile["limits"]): Limits {
  return {
    sessions: written.sessions,
    perSource: written.per_source,
    perAddress: written.per_address,
    perUser: written.per_user,
    handshakes: written.handshakes,
    connectsPerMinute: written.connects_per_minute,
    signInsPerMinute: written.sign_ins_per_minute,
    upQueueBytes: written.up_queue,
    idleMs: written.idle,
    stallMs: written.stall,
  };
}

/** One source with its secrets and certificates read; undefined parts were complaints. */
export async function buildSource(
  name: string,
  written: WrittenSource,
  defaults: WrittenFile["defaults"],
  resolver: Resolver,
): Promise<SourceConfig> {
  const all = { ...defaults, ...written };
  const find = (key: keyof WrittenSource): Path => key in written ? ["sources", name, key] : ["defaults", key];
  const password = all.password === undefined ? undefined : await resolver.readSecret(find("password"), all.password);
  const tls = all.tls === undefined ? undefined : await buildSourceTls(find("tls"), all.tls, resolver);
  return {
    name,
    title: written.title ?? name,
    ...(all.group !== undefined && { group: all.group }),
    target: buildTarget(written, resolver),
    ...(all.username !== undefined && { username: all.username }),
    ...(password && { password }),
    viewOnly: all.view_only ?? false,
    clipboard: all.clipboard ?? "both",
    shared: all.shared ?? true,
    ...(tls && { tls }),
    prewarm: all.prewarm ?? 0,
    connectTimeoutMs: all.connect_timeout ?? DEFAULT_CONNECT_TIMEOUT_MS,
    keepaliveMs: all.keepalive ?? DEFAULT_KEEPALIVE_MS,
    ...(all.allow && { allow: all.allow }),
    ...(all.view && { view: all.view }),
  };
}

function buildTls(written: WrittenGateway["tls"], resolver: Resolver): Tls {
  if (written === undefined) return { mode: "auto" };
  if (typeof written === "string") return { mode: written };
  return { mode: "files", cert: resolver.resolvePath(written.cert), key: resolver.resolvePath(written.key) };
}

function buildTarget(written: WrittenSource, resolver: Resolver): Target {
  if (written.place !== undefined) return written.place;
  if (written.demo) return { kind: "demo" };
  if (written.unix !== undefined) return { kind: "unix", path: resolver.resolvePath(written.unix) };
  const port = written.port ?? FIRST_VNC_PORT + (written.display ?? 0);
  return { kind: "tcp", hostname: written.host ?? "", port };
}

async function buildSourceTls(
  path: Path,
  written: NonNullable<WrittenSource["tls"]>,
  resolver: Resolver,
): Promise<SourceTls> {
  const ca = written.ca === undefined ? undefined : await resolver.readCertificates([...path, "ca"], written.ca);
  return {
    ...(ca !== undefined && { ca }),
    ...(written.server_name !== undefined && { serverName: written.server_name }),
    ...(written.fingerprint !== undefined && { fingerprint: written.fingerprint }),
  };
}
