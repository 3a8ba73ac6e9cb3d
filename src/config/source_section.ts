/** The `sources` and `defaults` sections: their schemas, and what is built from them. */
import { z } from "zod";
import { FIRST_VNC_PORT, parseHost, parseTarget } from "./address.ts";
import type { Address, SourceConfig, SourceOrigin, SourceTls, Target } from "./config.ts";
import { address, choose, type Complaint, flag, integer, isMapping } from "./fields.ts";
import { list, parsed, readIssues, section, size, text, timeout, word } from "./fields.ts";
import { MAX_PROBLEMS, type Path } from "./problem.ts";
import type { Resolver } from "./resolver.ts";
import { checkOne, hasKey, secretSchema } from "./secret_schema.ts";
import { explainName, SOURCE_NAME } from "./source_name.ts";
import { parseFingerprint } from "./web_address.ts";

const DEFAULT_CONNECT_TIMEOUT_MS = 5000;
const DEFAULT_KEEPALIVE_MS = 20_000;
/** QEMU and libvncserver end the connection on a longer one; TigerVNC ignores more than 256 KiB. */
const DEFAULT_CLIPBOARD_LIMIT_BYTES = 1024 ** 2;
const DEFAULT_LOGIN_TIMEOUT_MS = 60_000;

const tlsSchema = section({
  ca: text().optional(),
  server_name: parsed(parseHost).optional(),
  fingerprint: parsed(parseFingerprint).optional(),
});

/** The keys of a source that `defaults` may set for all sources. */
const commonKeys = {
  group: text().optional(),
  username: text().optional(),
  password: secretSchema.optional(),
  view_only: flag().optional(),
  clipboard: word(["both", "in", "out", "none"]).optional(),
  clipboard_limit: size(1024).optional(),
  shared: flag().optional(),
  tls: tlsSchema.optional(),
  prewarm: integer(0, 16).optional(),
  allow: list(text()).optional(),
  view: list(text()).optional(),
  connect_timeout: timeout(100).optional(),
  keepalive: timeout().optional(),
  login_timeout: timeout(1000).optional(),
  look: word(["full", "banner", "off"]).optional(),
};

/** The `defaults` section. */
export const defaultsSchema = section(commonKeys);

const longForm = section({
  host: parsed(parseHost).optional(),
  port: integer(1, 65_535).optional(),
  display: integer(0, 59_635).optional(),
  unix: text().optional(),
  demo: z.literal(true, "must be true if present").optional(),
  title: text().optional(),
  ...commonKeys,
}, checkAddress);

const shortForm = address(parseTarget).transform((target): WrittenSource => ({ target }));

const sourceSchema = choose<WrittenSource>((written) => isMapping(written) ? longForm : shortForm);

/** What `defaults` sets. */
export type Defaults = z.output<typeof defaultsSchema>;

/** One source, checked: the keys of the long form, or the `target` alone; with the hash of its token, if it has one. */
export type WrittenSource = z.output<typeof longForm> & { readonly target?: Address; readonly tokenHash?: string };

/** The sources of a `sources` section, and everything that is wrong with them. */
export interface WrittenSources {
  readonly sources: ReadonlyMap<string, WrittenSource>;
  readonly complaints: readonly Complaint[];
}

/**
 * Checks the `sources` section, entry by entry, because a zod record would drop `__proto__`. Stops at more complaints than
 * are reported.
 */
export function checkSources(written: unknown): WrittenSources {
  const sources = new Map<string, WrittenSource>();
  if (!isMapping(written)) {
    return { sources, complaints: [{ path: ["sources"], message: "must be a mapping of names to sources" }] };
  }
  const complaints: Complaint[] = [];
  for (const [name, value] of Object.entries(written)) {
    if (complaints.length > MAX_PROBLEMS) break;
    if (!SOURCE_NAME.test(name)) complaints.push({ path: ["sources", name], message: explainName(name), at: "key" });
    const source = sourceSchema.safeParse(value);
    sources.set(name, source.success ? source.data : salvage(value));
    for (const found of readIssues(source.error, [])) {
      complaints.push({ ...found, path: ["sources", name, ...found.path] });
    }
  }
  return { sources, complaints };
}

/** What an invalid source refers to, so that a missing secret or certificate is reported along with the rest. */
function salvage(written: unknown): WrittenSource {
  if (!isMapping(written)) return {};
  const password = secretSchema.optional().safeParse(written.password);
  const tls = tlsSchema.optional().safeParse(written.tls);
  return { password: password.data, tls: tls.data };
}

function checkAddress(written: Readonly<Record<string, unknown>>): Complaint[] {
  const complaints = checkOne(written, ["host", "unix", "demo"], "must have one of host, unix or demo");
  if (complaints.length > 0) return complaints;
  const extra = ["port", "display"].filter((key) => hasKey(written, key));
  if (!hasKey(written, "host")) {
    return extra.map((key) => ({ path: [key], message: "can be combined with host only", at: "key" }));
  }
  return extra.length < 2 ? [] : [{ path: ["display"], message: "cannot be combined with port", at: "key" }];
}

/** What a source is built from. */
export interface SourceParts {
  readonly name: string;
  readonly origin: SourceOrigin;
  readonly written: WrittenSource;
  /** Resolves what the source itself refers to. */
  readonly resolver: Resolver;
  readonly defaults: { readonly written: Defaults; readonly resolver: Resolver };
}

/** One source with its secrets and certificates. One that cannot be read is omitted, and is a problem of its resolver. */
export async function buildSource({ name, origin, written, resolver, defaults }: SourceParts): Promise<SourceConfig> {
  const all = { ...defaults.written, ...written };
  const find = (key: keyof Defaults): [Resolver, Path] =>
    key in written ? [resolver, ["sources", name, key]] : [defaults.resolver, ["defaults", key]];
  const password = all.password === undefined ? undefined : await readPassword(all.password, ...find("password"));
  const tls = all.tls === undefined ? undefined : await buildTls(all.tls, ...find("tls"));
  return {
    name,
    origin,
    ...(written.tokenHash !== undefined && { tokenHash: written.tokenHash }),
    title: written.title ?? name,
    ...(all.group !== undefined && { group: all.group }),
    target: buildTarget(written, resolver),
    ...(all.username !== undefined && { username: all.username }),
    ...(password && { password }),
    viewOnly: all.view_only ?? false,
    clipboard: all.clipboard ?? "both",
    clipboardLimitBytes: all.clipboard_limit ?? DEFAULT_CLIPBOARD_LIMIT_BYTES,
    shared: all.shared ?? true,
    ...(tls && { tls }),
    prewarm: all.prewarm ?? 0,
    connectTimeoutMs: all.connect_timeout ?? DEFAULT_CONNECT_TIMEOUT_MS,
    keepaliveMs: all.keepalive ?? DEFAULT_KEEPALIVE_MS,
    loginTimeoutMs: all.login_timeout ?? DEFAULT_LOGIN_TIMEOUT_MS,
    ...(all.look !== undefined && { look: all.look }),
    ...(all.allow && { allow: all.allow }),
    ...(all.view && { view: all.view }),
  };
}

function buildTarget(written: WrittenSource, resolver: Resolver): Target {
  if (written.target !== undefined) return written.target;
  if (written.demo) return { kind: "demo" };
  if (written.unix !== undefined) return { kind: "unix", path: resolver.resolvePath(written.unix) };
  const port = written.port ?? FIRST_VNC_PORT + (written.display ?? 0);
  return { kind: "tcp", hostname: written.host ?? "", port };
}

function readPassword(written: NonNullable<Defaults["password"]>, resolver: Resolver, path: Path) {
  return resolver.readSecret(path, written);
}

async function buildTls(written: NonNullable<Defaults["tls"]>, resolver: Resolver, path: Path): Promise<SourceTls> {
  const ca = written.ca === undefined ? undefined : await resolver.readCertificates([...path, "ca"], written.ca);
  return {
    ...(ca !== undefined && { ca }),
    ...(written.server_name !== undefined && { serverName: written.server_name }),
    ...(written.fingerprint !== undefined && { fingerprint: written.fingerprint }),
  };
}
