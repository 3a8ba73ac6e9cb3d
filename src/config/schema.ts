/** sources.yaml as it is written: every key, what it takes, and what stands where it is left out. */
import { z } from "zod";
import { parseHost, parseListener, parseTarget } from "./address.ts";
import type { Address } from "./config.ts";
import { authSchema } from "./auth_schema.ts";
import {
  choose,
  type Complaint,
  duration,
  flag,
  integer,
  isMapping,
  list,
  parsed,
  readIssues,
  section,
  size,
  text,
  word,
} from "./fields.ts";
import { parseNetwork } from "./network.ts";
import { quote } from "./problem.ts";
import { checkOne, hasKey, secretSchema } from "./secret_schema.ts";
import { parseBasePath, parseFingerprint, parseOrigin, parsePublicUrl, parseSinkUrl } from "./web_address.ts";

/** What a source may be called; also what a name in an address is checked against before it is looked up. */
export const SOURCE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Where the gateway listens when nobody says otherwise: for this machine only. */
export const DEFAULT_PORT = 8443;

/** What stands where a plain redirecting listener gives no port. */
export const DEFAULT_REDIRECT_PORT = 8080;

/**
 * Never dialed: link-local ranges, where clouds keep their metadata services, and the metadata addresses outside of them.
 */
export const DEFAULT_DENY_NETWORKS: readonly string[] = [
  "169.254.0.0/16",
  "fe80::/10",
  "fd00:ec2::254/128",
  "100.100.100.200/32",
];

const tlsFiles = section({ cert: text(), key: text() });
const gatewayTls = choose<"auto" | "none" | z.output<typeof tlsFiles>>((written) => {
  if (isMapping(written)) return tlsFiles;
  return written === "auto" || written === "none"
    ? z.literal(written)
    : "must be auto, none or { cert: FILE, key: FILE }";
});

const gatewaySchema = section({
  listen: address((value) => parseListener(value, DEFAULT_PORT)).optional(),
  tls: gatewayTls.optional(),
  redirect: address((value) => parseListener(value, DEFAULT_REDIRECT_PORT)).optional(),
  base_path: parsed(parseBasePath).optional(),
  public_url: parsed(parsePublicUrl).optional(),
  trusted_proxies: list(parsed(parseNetwork)).default([]),
  allowed_origins: list(parsed(parseOrigin)).default([]),
  allowed_hosts: list(parsed(parseHost)).default([]),
  deny_networks: list(parsed(parseNetwork)).default([...DEFAULT_DENY_NETWORKS]),
  audit: section({ url: parsed(parseSinkUrl), token: secretSchema.optional() }).optional(),
  data: text().optional(),
});

const limitsSchema = section({
  sessions: integer(1).default(512),
  per_source: integer(1).default(16),
  per_address: integer(1).default(8),
  per_user: integer(1).default(16),
  handshakes: integer(1).default(64),
  connects_per_minute: integer(1).default(60),
  sign_ins_per_minute: integer(1).default(10),
  up_queue: size(64 * 1024).default(16 * 1024 ** 2),
  idle: duration().default(0),
  stall: duration(1000).default(90_000),
});

const sourceTls = section({
  ca: text().optional(),
  server_name: parsed(parseHost).optional(),
  fingerprint: parsed(parseFingerprint).optional(),
});

/** What sources have in common, so that `defaults` may say it once for all of them. */
const commonKeys = {
  group: text().optional(),
  username: text().optional(),
  password: secretSchema.optional(),
  view_only: flag().optional(),
  clipboard: word(["both", "in", "out", "none"]).optional(),
  shared: flag().optional(),
  tls: sourceTls.optional(),
  prewarm: integer(0, 16).optional(),
  allow: list(text()).optional(),
  view: list(text()).optional(),
  connect_timeout: duration(100).optional(),
  keepalive: duration().optional(),
};

const defaultsSchema = section(commonKeys);

const longSource = section({
  host: parsed(parseHost).optional(),
  port: integer(1, 65_535).optional(),
  display: integer(0, 59_635).optional(),
  unix: text().optional(),
  demo: z.literal(true, "must be true, or left out").optional(),
  title: text().optional(),
  ...commonKeys,
}, checkPlace);

const shortSource = address(parseTarget).transform((place): WrittenSource => ({ place }));

const sourceSchema = choose<WrittenSource>((written) => isMapping(written) ? longSource : shortSource);

const fileSchema = section({
  gateway: part(gatewaySchema),
  auth: authSchema.optional(),
  limits: part(limitsSchema),
  defaults: part(defaultsSchema),
  sources: z.unknown().optional(),
});

/** The sections beside the sources, checked. */
export type WrittenFile = z.output<typeof fileSchema>;

/** One source, checked: the keys of the long form, or only the `place` of the short form. */
export type WrittenSource = z.output<typeof longSource> & { readonly place?: Address };

/** What sources.yaml says, with what is wrong with it; `file` is absent when a section beside the sources is wrong. */
export interface Written {
  readonly file?: WrittenFile;
  readonly sources: ReadonlyMap<string, WrittenSource>;
  readonly complaints: readonly Complaint[];
}

/** Checks everything that sources.yaml says; a key that is left out or empty gets its default. */
export function checkWritten(written: unknown): Written {
  const result = fileSchema.safeParse(written);
  const complaints = [...readIssues(result.error, [])];
  const sources = new Map<string, WrittenSource>();
  for (const [name, value] of listSources(written, complaints)) {
    const source = sourceSchema.safeParse(value);
    sources.set(name, source.success ? source.data : salvage(value));
    for (const found of readIssues(source.error, [])) {
      complaints.push({ ...found, path: ["sources", name, ...found.path] });
    }
  }
  return { ...(result.success && { file: result.data }), sources, complaints };
}

/** What a wrong source refers to, so that a missing secret or certificate is told along with the rest. */
function salvage(written: unknown): WrittenSource {
  if (!isMapping(written)) return {};
  const password = secretSchema.optional().safeParse(written.password);
  const tls = sourceTls.optional().safeParse(written.tls);
  return { password: password.data, tls: tls.data };
}

/** By own entries instead of a zod record, which passes over `__proto__`. */
function listSources(written: unknown, complaints: Complaint[]): [string, unknown][] {
  const sources = isMapping(written) ? written.sources ?? {} : {};
  if (!isMapping(sources)) {
    complaints.push({ path: ["sources"], message: "must be a mapping of names to sources" });
    return [];
  }
  for (const name of Object.keys(sources)) {
    if (!SOURCE_NAME.test(name)) complaints.push({ path: ["sources", name], message: explainName(name), at: "key" });
  }
  return Object.entries(sources);
}

/** Why a name is no source name. */
export function explainName(name: string): string {
  return `has a name that is not 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit: ${quote(name)}`;
}

/** A section that may also be left out or left empty. */
function part<T extends z.ZodType>(schema: T) {
  return z.unknown().optional().transform((written): unknown => written ?? {}).pipe(schema);
}

function address<T>(parse: (value: string) => T) {
  return choose<T>((written) => {
    if (typeof written === "string") return parsed(parse);
    return Array.isArray(written) ? `must be in quotes, as "[::1]:5900"` : "must be HOST or HOST:PORT";
  });
}

function checkPlace(written: Readonly<Record<string, unknown>>): Complaint[] {
  const complaints = checkOne(written, ["host", "unix", "demo"], "must have one of host, unix or demo");
  if (complaints.length > 0) return complaints;
  const extra = ["port", "display"].filter((key) => hasKey(written, key));
  if (!hasKey(written, "host")) return extra.map((key) => ({ path: [key], message: "goes only with host", at: "key" }));
  return extra.length < 2 ? [] : [{ path: ["display"], message: "must not stand beside port", at: "key" }];
}
