/** The `gateway` section: its schema, and what is built from it. */
import { resolve } from "node:path";
import { z } from "zod";
import { parseHost, parseListener } from "./address.ts";
import type { Gateway, Tls } from "./config.ts";
import { address, choose, duration, isMapping, list, parsed, section, text } from "./fields.ts";
import { parseNetwork, parseProxy } from "./network.ts";
import type { Overrides } from "./overrides.ts";
import type { Resolver } from "./resolver.ts";
import { secretSchema } from "./secret_schema.ts";
import { parseBasePath, parseOrigin, parsePublicUrl, parseSinkUrl } from "./web_address.ts";

/** The port of `gateway.listen` where only a host is given. */
export const DEFAULT_PORT = 8443;

/** The port of `gateway.redirect` where only a host is given. */
export const DEFAULT_REDIRECT_PORT = 8080;

/** The link-local ranges, which include most cloud metadata services, and the metadata addresses outside them. */
const DEFAULT_DENY_NETWORKS: readonly string[] = [
  "169.254.0.0/16",
  "fe80::/10",
  "fd00:ec2::254/128",
  "100.100.100.200/32",
];

/** A session that waits for its viewer keeps its connection to the VNC server and its slot in every limit. */
const RESUME_MAX_MS = 60 * 60_000;

const tlsFiles = section({ cert: text(), key: text() });
const gatewayTls = choose<"auto" | "none" | z.output<typeof tlsFiles>>((written) => {
  if (isMapping(written)) return tlsFiles;
  return written === "auto" || written === "none"
    ? z.literal(written)
    : "must be auto, none or { cert: FILE, key: FILE }";
});

/** The schema of the section. */
export const gatewaySchema = section({
  listen: address((value) => parseListener(value, DEFAULT_PORT)).optional(),
  tls: gatewayTls.optional(),
  redirect: address((value) => parseListener(value, DEFAULT_REDIRECT_PORT)).optional(),
  base_path: parsed(parseBasePath).optional(),
  public_url: webAddress(parsePublicUrl).optional(),
  trusted_proxies: list(parsed(parseProxy)).default([]),
  allowed_origins: list(parsed(parseOrigin)).default([]),
  allowed_hosts: list(parsed(parseHost)).default([]),
  deny_networks: list(parsed(parseNetwork)).default([...DEFAULT_DENY_NETWORKS]),
  resume: duration().refine((ms) => ms <= RESUME_MAX_MS, "must be at most 1h").default(30_000),
  audit: section({ url: webAddress(parseSinkUrl), token: secretSchema.optional() }).optional(),
  data: text().optional(),
});

/** A URL as text, because the thread that checks a long file cannot send URL objects. */
function webAddress(parse: (text: string) => URL) {
  return parsed((text) => parse(text).href);
}

type WrittenGateway = z.output<typeof gatewaySchema>;

/** The gateway's settings: from the overrides, else from the file, else the default. */
export async function buildGateway(
  written: WrittenGateway,
  overrides: Overrides,
  resolver: Resolver,
): Promise<Gateway> {
  const audit = written.audit && await buildAudit(written.audit, resolver);
  const redirect = overrides.redirect ?? written.redirect;
  const publicUrl = overrides.publicUrl ?? (written.public_url && new URL(written.public_url));
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
    resumeMs: written.resume,
    ...(audit && { audit }),
    dataDir: overrides.data === undefined ? resolver.resolvePath(written.data ?? "data") : resolve(overrides.data),
  };
}

async function buildAudit({ url, token }: NonNullable<WrittenGateway["audit"]>, resolver: Resolver) {
  const secret = token === undefined ? undefined : await resolver.readSecret(["gateway", "audit", "token"], token);
  return { url: new URL(url), ...(secret && { token: secret }) };
}

function buildTls(written: WrittenGateway["tls"], resolver: Resolver): Tls {
  if (written === undefined) return { mode: "auto" };
  if (typeof written === "string") return { mode: written };
  return { mode: "files", cert: resolver.resolvePath(written.cert), key: resolver.resolvePath(written.key) };
}
