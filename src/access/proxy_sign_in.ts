/** Behind a proxy that signs people in: its headers, or a token that it signs. */
import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTVerifyGetKey } from "jose";
import type { Config, ProxyAssertion, ProxySignIn, UserHeaders } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import type { Credential, Identity } from "./access.ts";
import type { Peer } from "./peer.ts";
import { isUsableName, type Person, readPerson, splitGroups } from "./user_claims.ts";
import { isNamed } from "./policy.ts";
import { createProviderFetch, describeError, type Fetch, findUnreachable } from "./provider_fetch.ts";

/** Tells whoever reads the log. */
export type Warn = (message: string, fields: Readonly<Record<string, string>>) => void;

interface ProxySignInOptions {
  config: () => Config;
  warn: Warn;
  fetch?: Fetch;
  /** How long after the keys were fetched an unknown key id makes nobody fetch them again. */
  keysRestMs?: number;
  now?: () => number;
}

/** Signatures that only the holder of a private key makes: `none` and shared secrets are none of them. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];
const ASSERTION_MAX_CHARS = 16 * 1024;
const CLOCK_TOLERANCE_S = 30;
const KEYS_REST_MS = 10_000;
const LOG_AGAIN_MS = 60_000;
/** Addresses remembered as told of in the log; beyond, they are told of again. */
const MOST_LOGGED = 1_000;

/**
 * Makes the credential. Headers count from trusted proxies only; from anyone else they are ignored and logged. A signed
 * assertion counts whoever brings it, because its signature says who made it. What is open stays open until the
 * session's absolute limit, or until the method is taken out of sources.yaml: only the proxy knows of a sign-out.
 */
export function createProxyCredential(options: ProxySignInOptions): Credential {
  const { config, now = Date.now } = options;
  const verify = createVerifier(options);
  const tell = createMinuteLog(options.warn, now);

  async function takeAssertion(token: string, assertion: ProxyAssertion, { address }: Peer): Promise<Identity> {
    try {
      return describe(await verify(token, assertion), config, now);
    } catch (error) {
      tell("Refused a signed assertion", address, { header: assertion.header, cause: describeError(error) });
      throw error;
    }
  }

  return (request, peer) => {
    const { headers, assertion } = readSettings(config()) ?? {};
    const token = assertion && request.headers.get(assertion.header);
    if (assertion && token) return takeAssertion(token, assertion, peer);
    if (!headers || !request.headers.has(headers.user)) return null;
    if (!peer.proxied) {
      tell("Ignored a header that only a trusted proxy may send", peer.address, { header: headers.user });
      return null;
    }
    const person = readHeaders(request.headers, headers);
    return person && describe(person, config, now);
  };
}

function readSettings({ auth }: Config): ProxySignIn | undefined {
  return auth.mode === "none" ? undefined : auth.proxy;
}

/** A proxy that lets somebody through without signing in sends the header empty, or not at all. */
function readHeaders(headers: Headers, names: UserHeaders): Person | null {
  const name = headers.get(names.user) ?? "";
  if (name === "") return null;
  if (!isUsableName(name)) throw new PortholeError("sign_in_required", "The proxy names somebody by no usable name");
  return { name, groups: names.groups === undefined ? [] : splitGroups(headers.get(names.groups)) };
}

function describe({ name, groups }: Person, config: () => Config, now: () => number): Identity {
  const { auth } = config();
  const method = JSON.stringify(readSettings(config()));
  const untilMs = auth.mode === "none" ? 0 : now() + auth.session.absoluteMs;
  const lasts = () => now() < untilMs && JSON.stringify(readSettings(config())) === method;
  const admin = auth.mode !== "none" && isNamed({ name, groups }, auth.admins);
  // The proxy knows people by a cookie, which browsers send by themselves.
  return { name, groups, admin, ambient: true, by: "proxy", whyEnded: () => Promise.resolve(explainEnd(lasts())) };
}

function explainEnd(lasts: boolean): PortholeError | undefined {
  return lasts ? undefined : new PortholeError("sign_in_required", "Your sign-in has ended: sign in again");
}

/** Keeps the key set of the last address that was configured. */
function createVerifier({ fetch = createProviderFetch(), keysRestMs = KEYS_REST_MS }: ProxySignInOptions) {
  let kept: { jwks: string; keys: JWTVerifyGetKey } | undefined;
  const findKeys = (jwks: string): JWTVerifyGetKey => {
    if (kept?.jwks !== jwks) {
      const keys = createRemoteJWKSet(new URL(jwks), { cooldownDuration: keysRestMs, [customFetch]: fetch });
      kept = { jwks, keys };
    }
    return kept.keys;
  };
  return async (token: string, { jwks, issuer, audience, claims }: ProxyAssertion): Promise<Person> => {
    if (token.length > ASSERTION_MAX_CHARS) throw refuse("it is too long");
    try {
      const { payload } = await jwtVerify(token, findKeys(jwks), {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        requiredClaims: ["exp"],
        clockTolerance: CLOCK_TOLERANCE_S,
      });
      return readPerson(payload, claims);
    } catch (cause) {
      if (cause instanceof PortholeError) throw cause;
      throw refuse(cause instanceof errors.JWTExpired ? "it has expired" : "it does not count", cause);
    }
  };
}

function refuse(state: string, cause?: unknown): PortholeError {
  const unreachable = findUnreachable(cause);
  if (unreachable) return unreachable;
  return new PortholeError("sign_in_required", `Cannot take what the proxy says about you: ${state}`, { cause });
}

/** Tells the same of an address once a minute. */
function createMinuteLog(warn: Warn, now: () => number) {
  const toldMs = new Map<string, number>();
  return (message: string, from: string, fields: Parameters<Warn>[1]): void => {
    const key = `${from} ${message}`;
    const last = toldMs.get(key);
    if (last !== undefined && now() - last < LOG_AGAIN_MS) return;
    if (toldMs.size >= MOST_LOGGED) toldMs.clear();
    toldMs.set(key, now());
    warn(message, { from, ...fields });
  };
}
