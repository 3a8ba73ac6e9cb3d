/** Users that a proxy has signed in and names in its headers, or in a token that it signs. */
import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTVerifyGetKey } from "jose";
import type { Config, ProxyAssertion, ProxySignIn, UserHeaders } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import type { Credential, Identity, Proof } from "./access.ts";
import type { Lineage } from "./lineage.ts";
import { markProxy } from "./marks.ts";
import { createMinuteLog, type Warn } from "./minute_log.ts";
import type { Peer } from "./peer.ts";
import { type ExternalUser, isValidName, readUser, splitGroups } from "./user_claims.ts";
import { createProviderFetch, describeError, type Fetch, findUnreachable } from "./provider_fetch.ts";

interface ProxySignInOptions {
  config: () => Config;
  lineage: Pick<Lineage, "find">;
  warn: Warn;
  fetch?: Fetch;
  /** Time after a fetch of the keys in which an unknown key id does not cause another one. */
  keysRestMs?: number;
  now?: () => number;
}

/** Algorithms with a private key; `none` and those with a shared secret are refused. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];
const ASSERTION_MAX_CHARS = 16 * 1024;
const CLOCK_TOLERANCE_S = 30;
const KEYS_REST_MS = 10_000;

/**
 * Makes the credential. Headers are accepted only from trusted proxies; from anyone else they are ignored and logged. A
 * signed assertion is accepted from any address, because its signature proves its origin. An open session continues
 * until the absolute limit, or until `auth.proxy` changes in sources.yaml: only the proxy knows of a sign-out.
 */
export function createProxyCredential(options: ProxySignInOptions): Credential {
  const { config, lineage, now = Date.now } = options;
  const verify = createVerifier(options);
  const warnOnce = createMinuteLog(options.warn, now);

  /** The proxy recognizes users by a cookie, which browsers send automatically. */
  async function describe({ name, groups }: ExternalUser, via?: string): Promise<Identity | null> {
    const settings = readSettings(config());
    if (!settings) return null;
    const proof: Proof = { by: "proxy", name, groups, of: markProxy(settings), sinceMs: now(), ...(via && { via }) };
    const holder = await lineage.find(proof);
    return holder ? { ...holder, ambient: true, by: "proxy", proof } : null;
  }

  async function readAssertion(token: string, assertion: ProxyAssertion, { address }: Peer): Promise<Identity | null> {
    try {
      return await describe(await verify(token, assertion));
    } catch (error) {
      warnOnce("Refused a signed assertion", address, { header: assertion.header, cause: describeError(error) });
      throw error;
    }
  }

  return (request, peer) => {
    const { headers, assertion } = readSettings(config()) ?? {};
    const token = assertion && request.headers.get(assertion.header);
    if (assertion && token) return readAssertion(token, assertion, peer);
    if (!headers || !request.headers.has(headers.user)) return null;
    if (!peer.proxied) {
      warnOnce("Ignored a header that only a trusted proxy may send", peer.address, { header: headers.user });
      return null;
    }
    const user = readHeaders(request.headers, headers);
    return user && describe(user, peer.via);
  };
}

function readSettings({ auth }: Config): ProxySignIn | undefined {
  return auth.mode === "none" ? undefined : auth.proxy;
}

/** For a request without a sign-in, a proxy sends an empty header or none. */
function readHeaders(headers: Headers, names: UserHeaders): ExternalUser | null {
  const name = headers.get(names.user) ?? "";
  if (name === "") return null;
  if (!isValidName(name)) throw new PortholeError("sign_in_required", "The proxy sent an invalid user name");
  return { name, groups: names.groups === undefined ? [] : splitGroups(headers.get(names.groups)) };
}

/** Verifies assertions, with the key set of the configured address. */
function createVerifier({ fetch = createProviderFetch(), keysRestMs = KEYS_REST_MS }: ProxySignInOptions) {
  let kept: { jwks: string; keys: JWTVerifyGetKey } | undefined;
  const findKeys = (jwks: string): JWTVerifyGetKey => {
    if (kept?.jwks !== jwks) {
      const keys = createRemoteJWKSet(new URL(jwks), { cooldownDuration: keysRestMs, [customFetch]: fetch });
      kept = { jwks, keys };
    }
    return kept.keys;
  };
  return async (token: string, { jwks, issuer, audience, claims }: ProxyAssertion): Promise<ExternalUser> => {
    if (token.length > ASSERTION_MAX_CHARS) throw refuse("it is too long");
    try {
      const { payload } = await jwtVerify(token, findKeys(jwks), {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        requiredClaims: ["exp"],
        clockTolerance: CLOCK_TOLERANCE_S,
      });
      return readUser(payload, claims);
    } catch (cause) {
      if (cause instanceof PortholeError) throw cause;
      throw refuse(cause instanceof errors.JWTExpired ? "it has expired" : "it is invalid", cause);
    }
  };
}

function refuse(state: string, cause?: unknown): PortholeError {
  const unreachable = findUnreachable(cause);
  if (unreachable) return unreachable;
  return new PortholeError("sign_in_required", `Cannot verify the proxy's assertion: ${state}`, { cause });
}
