/** API tokens: `Authorization: Bearer` (RFC 6750), or a subprotocol where a browser cannot set headers. */
import type { ApiToken, Config } from "../config/config.ts";
import { takesLoginLink } from "../config/exposure.ts";
import { PortholeError } from "../errors.ts";
import { type Bounds, type Credential, type Identity, isNamed } from "./access.ts";
import { OWNER } from "./login_link.ts";
import { hashToken, isSameHash, makeToken } from "./opaque_token.ts";

/** Prefix of the subprotocol that carries a token on a WebSocket. */
export const TOKEN_PROTOCOL = "porthole.token.";

interface BearerOptions {
  config: () => Config;
  /** Whether this is the token of the login link. */
  isLoginToken: (token: string) => Promise<boolean>;
  now?: () => number;
}

/** Makes the credential of API tokens. Refuses an invalid token, even if the request also has a valid cookie. */
export function createBearerCredential({ config, isLoginToken, now = Date.now }: BearerOptions): Credential {
  const isOwner = async (token: string): Promise<boolean> => {
    const { gateway, auth } = config();
    return takesLoginLink(gateway, auth) && await isLoginToken(token);
  };
  const findToken = (hash: string) => {
    const { auth } = config();
    if (auth.mode === "none") return undefined;
    return auth.tokens.find((one) => isSameHash(one.hash, hash) && now() < (one.expiresAtMs ?? Infinity));
  };
  return async (request) => {
    const token = readToken(request);
    if (token === undefined) return null;
    const hash = hashToken(token);
    const found = findToken(hash);
    if (found) return describeToken(found, config(), () => Promise.resolve(explainEnd(findToken(hash) !== undefined)));
    if (await isOwner(token)) {
      return { ...OWNER, ambient: false, by: "token", whyEnded: async () => explainEnd(await isOwner(token)) };
    }
    throw new PortholeError("sign_in_required", "This token is invalid, expired or revoked");
  };
}

/** The token that a request carries, if any. */
function readToken({ headers }: Request): string | undefined {
  const authorization = headers.get("authorization");
  if (authorization !== null) return /^Bearer +([^\s,]+) *$/i.exec(authorization)?.[1];
  const offered = (headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
  return offered.find((name) => name.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length);
}

function describeToken(token: ApiToken, { auth }: Config, whyEnded: Identity["whyEnded"]): Identity {
  const { name, groups, scopes } = token;
  const who = { name: `token:${name}`, groups };
  const admin = scopes.includes("admin") || (auth.mode !== "none" && isNamed(who, auth.admins));
  return { ...who, admin, ambient: false, by: "token", bounds: boundToken(token, admin), whyEnded };
}

function boundToken({ scopes, sources }: ApiToken, admin: boolean): Bounds {
  const controls = admin || scopes.includes("control");
  const opens = controls || scopes.includes("view");
  return {
    ...(opens ? sources && { sources } : { sources: [] }),
    ...(!controls && { role: "view" as const }),
    links: admin || scopes.includes("links"),
    metrics: scopes.includes("metrics"),
  };
}

function explainEnd(isValid: boolean): PortholeError | undefined {
  return isValid ? undefined : new PortholeError("sign_in_required", "The token has expired or was revoked");
}

/** The text that `token` prints: a new token, and the entry for sources.yaml. */
export function describeNewToken(token: string = makeToken()): string {
  return `token: ${token}

Store it safely: it is shown only once. Add its hash to sources.yaml, with a name, scopes (view, control, links, metrics,
admin) and an expiry date:
auth:
  tokens:
    - { name: my-program, hash: "sha256:${hashToken(token)}", scopes: [control], expires: 2027-12-31 }`;
}
