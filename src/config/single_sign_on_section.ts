/** `auth.oidc` and `auth.proxy`: their schemas, and what is built from them. */
import type { z } from "zod";
import type { OidcProvider, ProxySignIn, UserClaims } from "./config.ts";
import { list, mapping, parsed, section, text } from "./fields.ts";
import type { Resolver } from "./resolver.ts";
import { hasKey, secretSchema } from "./secret_schema.ts";
import { parseProviderUrl } from "./web_address.ts";

/** Names of a provider's groups can be paths, UUIDs or distinguished names. */
const FOREIGN_GROUP = /^.{1,256}$/;
/** The characters of a token (RFC 9110 section 5.6.2) that no proxy rewrites. */
const HEADER_NAME = /^[A-Za-z0-9-]{1,64}$/;
const DOMAIN_NAME = /^([a-z0-9-]+\.)*[a-z0-9-]+$/;

const headerName = parsed(parseHeaderName);

/** The `auth.oidc` section: an OpenID Connect provider. */
export const oidcSchema = section({
  issuer: parsed(parseProviderUrl),
  client_id: text(),
  client_secret: secretSchema.optional(),
  title: text().default("single sign-on"),
  scopes: list(text()).default(["openid", "profile", "email"]),
  claims: claimsSchema("preferred_username"),
  groups: mapping(FOREIGN_GROUP, text()).optional(),
  domains: list(parsed(parseDomain)).optional(),
  users: list(text()).optional(),
});

const assertionSchema = section({
  header: headerName,
  jwks: parsed(parseProviderUrl),
  issuer: text(),
  audience: text(),
  claims: claimsSchema("email"),
});

/** The `auth.proxy` section: a proxy that signs users in. */
export const proxySchema = section({
  headers: section({ user: headerName, groups: headerName.optional() }).optional(),
  assertion: assertionSchema.optional(),
}, (written) => {
  const isEmpty = !hasKey(written, "headers") && !hasKey(written, "assertion");
  return isEmpty ? [{ path: [], message: "must have headers, assertion or both", at: "key" }] : [];
});

function claimsSchema(user: string) {
  const standard: UserClaims = { user, groups: "groups" };
  return section({ user: text().default(user), groups: text().default("groups") }).default(standard);
}

/** The provider, with its secret. */
export async function buildOidc(written: z.output<typeof oidcSchema>, resolver: Resolver): Promise<OidcProvider> {
  const { issuer, client_id, client_secret, title, scopes, claims, groups, domains, users } = written;
  const path = ["auth", "oidc", "client_secret"];
  const clientSecret = client_secret === undefined ? undefined : await resolver.readSecret(path, client_secret);
  return {
    issuer,
    clientId: client_id,
    title,
    scopes: scopes.includes("openid") ? scopes : ["openid", ...scopes],
    claims,
    ...(clientSecret && { clientSecret }),
    ...(groups && { groups }),
    ...(domains && { domains }),
    ...(users && { users }),
  };
}

/** The headers and the assertion of the proxy. */
export function buildProxy({ headers, assertion }: z.output<typeof proxySchema>): ProxySignIn {
  return {
    ...(headers && { headers: { user: headers.user, ...(headers.groups && { groups: headers.groups }) } }),
    ...(assertion && { assertion }),
  };
}

function parseHeaderName(name: string): string {
  if (!HEADER_NAME.test(name)) throw new SyntaxError("must be a header name of letters, digits and -");
  return name.toLowerCase();
}

function parseDomain(name: string): string {
  const domain = name.toLowerCase();
  if (!DOMAIN_NAME.test(domain)) throw new SyntaxError("must be an email domain such as example.net");
  return domain;
}
