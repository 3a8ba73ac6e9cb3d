/** The `auth` section: its schema, and what is built from it. */
import { z } from "zod";
import { parseArgon2id } from "./argon2id.ts";
import type { ApiToken, Auth, SignInMethods, TokenSigner, User } from "./config.ts";
import { choose, duration, flag, isMapping, list, mapping, parsed, section, text, word } from "./fields.ts";
import type { Path } from "./problem.ts";
import type { Resolver } from "./resolver.ts";
import { checkOne, secretSchema } from "./secret_schema.ts";
import { buildOidc, buildProxy, oidcSchema, proxySchema } from "./single_sign_on_section.ts";
import { parseFingerprint } from "./web_address.ts";

/** Names of users, groups and tokens. A colon is not allowed, because `group:NAME` has a meaning of its own. */
const USER_NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;
const SCOPES = ["view", "control", "links", "metrics", "admin"] as const;
const DEFAULT_IDLE_MS = 12 * 3_600_000;
const DEFAULT_ABSOLUTE_MS = 7 * 24 * 3_600_000;

const userName = parsed(parseUserName);
const principals = list(parsed(parsePrincipal));

const userSchema = section({
  password: parsed(parseArgon2id),
  groups: list(userName).default([]),
  totp: secretSchema.optional(),
});

const tokenSchema = section({
  name: userName,
  hash: parsed(parseFingerprint),
  scopes: list(word(SCOPES)).default(["control"]),
  groups: list(userName).default([]),
  sources: list(text()).optional(),
  expires: parsed(parseInstant).optional(),
});

const signerSchema = section({
  secret: secretSchema.optional(),
  public_key: text().optional(),
  issuer: text().optional(),
  audience: text().optional(),
  sources: list(text()).optional(),
  role: word(["view", "control"]).default("control"),
}, (written) => checkOne(written, ["secret", "public_key"], "must have either secret or public_key"));

const methodsSchema = section({
  users: mapping(USER_NAME, userSchema).default(new Map()),
  tokens: list(tokenSchema).default([]),
  jwt: list(signerSchema).default([]),
  oidc: oidcSchema.optional(),
  proxy: proxySchema.optional(),
  login_link: flag().default(false),
  admins: principals.default(["group:admins"]),
  session: section({
    idle: duration(60_000).default(DEFAULT_IDLE_MS),
    absolute: duration(60_000).default(DEFAULT_ABSOLUTE_MS),
  }).default({ idle: DEFAULT_IDLE_MS, absolute: DEFAULT_ABSOLUTE_MS }),
});

type WrittenMethods = z.output<typeof methodsSchema>;

/** `none`, or a mapping of sign-in methods. */
export const authSchema = choose<"none" | WrittenMethods>((written) => {
  if (isMapping(written)) return methodsSchema;
  return written === "none" ? z.literal("none") : "must be none, or a mapping of sign-in methods";
});

const NO_METHODS: SignInMethods = {
  users: new Map(),
  tokens: [],
  signers: [],
  loginLink: true,
  admins: ["group:admins"],
  session: { idleMs: DEFAULT_IDLE_MS, absoluteMs: DEFAULT_ABSOLUTE_MS },
};

/** The sign-in methods, with their secrets and keys. `open` (the flag `--open`) is `auth: none`. */
export async function buildAuth(
  written: z.output<typeof authSchema> | undefined,
  open: boolean,
  resolver: Resolver,
): Promise<Auth> {
  if (open || written === "none") return { mode: "none" };
  if (written === undefined) return { mode: "unset", ...NO_METHODS };
  const users = new Map<string, User>();
  for (const [name, user] of written.users) users.set(name, await buildUser(name, user, resolver));
  const signers = await Promise.all(
    written.jwt.map((signer, at) => buildSigner(["auth", "jwt", at], signer, resolver)),
  );
  const oidc = written.oidc && await buildOidc(written.oidc, resolver);
  return {
    mode: "methods",
    ...(oidc && { oidc }),
    ...(written.proxy && { proxy: buildProxy(written.proxy) }),
    users,
    tokens: written.tokens.map(buildToken),
    signers: signers.filter((signer) => signer !== undefined),
    loginLink: written.login_link,
    admins: written.admins,
    session: { idleMs: written.session.idle, absoluteMs: written.session.absolute },
  };
}

async function buildUser(name: string, written: z.output<typeof userSchema>, resolver: Resolver): Promise<User> {
  const { password, groups, totp } = written;
  const secret = totp === undefined ? undefined : await resolver.readSecret(["auth", "users", name, "totp"], totp);
  return { name, passwordHash: password, groups, ...(secret && { totp: secret }) };
}

function buildToken({ expires, sources, ...token }: z.output<typeof tokenSchema>): ApiToken {
  return { ...token, ...(sources && { sources }), ...(expires !== undefined && { expiresAtMs: expires }) };
}

async function buildSigner(
  path: Path,
  written: z.output<typeof signerSchema>,
  resolver: Resolver,
): Promise<TokenSigner | undefined> {
  const { secret, public_key: file, issuer, audience, sources, role } = written;
  const claims = { ...(issuer !== undefined && { issuer }), ...(audience !== undefined && { audience }) };
  const rules = { ...claims, ...(sources && { sources }), role };
  if (file !== undefined) {
    const pem = await resolver.readPublicKey([...path, "public_key"], file);
    return pem === undefined ? undefined : { key: { kind: "public", pem }, ...rules };
  }
  const read = secret === undefined ? undefined : await resolver.readSecret([...path, "secret"], secret);
  if (read && read.reveal().length < 32) resolver.complain([...path, "secret"], "must be at least 32 characters long");
  return read && { key: { kind: "secret", secret: read }, ...rules };
}

function parseUserName(name: string): string {
  if (!USER_NAME.test(name)) throw new SyntaxError("must be 1 to 64 of A-Z a-z 0-9 . _ @ -");
  return name;
}

function parsePrincipal(name: string): string {
  if (!USER_NAME.test(name.replace(/^(group|token):/, ""))) {
    throw new SyntaxError("must be a user name, group:NAME or token:NAME");
  }
  return name;
}

function parseInstant(written: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(written) ? Date.parse(written) : NaN;
  if (Number.isNaN(ms)) {
    throw new SyntaxError("must be a date such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z");
  }
  return ms;
}
