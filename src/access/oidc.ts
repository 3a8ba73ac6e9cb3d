/** OpenID Connect: the code flow with PKCE, state and nonce (OpenID Connect Core 1.0 section 3.1, RFC 9700). */
import * as client from "openid-client";
import type { Config, OidcProvider } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { hashToken, isSameHash, makeToken } from "./opaque_token.ts";
import { type ExternalUser, readUser } from "./user_claims.ts";
import { createProviderFetch, type Fetch, findUnreachable } from "./provider_fetch.ts";

/** Result of an authorization code flow. */
export interface OidcOutcome {
  readonly user: ExternalUser;
  /** What the sign-in depends on: it ends when the provider's settings change. */
  readonly of: string;
  /** The path that the browser asked for before it signed in. */
  readonly next: string;
  /** Remembers which session at the provider belongs to this sign-in, for signing out of both. */
  keepFor(signIn: string): void;
}

/** Signing in at a provider. */
export interface OidcSignIn {
  /**
   * Where to send the browser. `binding` is the cookie that ties the response to this browser, "" for a new one.
   * @throws PortholeError provider_unreachable, or not_found when there is no provider.
   */
  begin(way: { redirectUri: string; next: string; binding: string }): Promise<{ location: URL; binding: string }>;
  /**
   * Checks the provider's response, with which the browser came back.
   * @throws PortholeError sign_in_required when it is invalid, not_allowed, provider_unreachable.
   */
  finish(response: { query: URLSearchParams; binding: string }): Promise<OidcOutcome>;
  /** Where to sign out at the provider too; undefined when it has no such address or cannot be reached. */
  findSignOut(way: { returnUri: string; signIn: string }): Promise<URL | undefined>;
}

interface OidcOptions {
  config: () => Config;
  pending: Store<PendingSignOn>;
  fetch?: Fetch;
  now?: () => number;
}

/** An authorization code flow that has begun and waits for the provider's response. */
export interface PendingSignOn {
  /** `markProvider()` of the provider that it began with. */
  readonly provider: string;
  /** Hash of the cookie of the browser that began it. */
  readonly binding: string;
  readonly redirectUri: string;
  readonly next: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** How long a user may take at the provider. */
export const PENDING_MS = 10 * 60_000;
/** In memory only, because they are secrets. Without one, the provider asks the user to confirm the sign-out. */
const MOST_ID_TOKENS = 2_000;
const DISCOVERY_MS = 3_600_000;
/** How far the provider's clock may be off. */
const CLOCK_TOLERANCE_S = 30;

/** Makes sign-in at the configured provider, which is not asked for anything before somebody signs in. */
export function createOidcSignIn(
  { config, pending, fetch = createProviderFetch(), now = Date.now }: OidcOptions,
): OidcSignIn {
  const idTokens = new Map<string, string>();
  const discover = keepDiscovery(fetch, now);

  async function take(query: URLSearchParams, binding: string) {
    const provider = findProvider(config());
    const way = provider && await pending.update(query.get("state") ?? "", (way) => {
      const isOurs = way && isSameHash(way.binding, hashToken(binding)) && way.provider === markProvider(provider);
      return isOurs ? { result: way, delete: true } : { result: undefined };
    });
    if (way) return { way, provider };
    throw new PortholeError("sign_in_required", "The sign-in took too long or began in another browser: sign in again");
  }

  return {
    async begin({ redirectUri, next, binding: held }) {
      const provider = requireProvider(config());
      const connection = connect(provider, await discover(provider), fetch);
      const [state, nonce, verifier] = [makeToken(), makeToken(), makeToken()];
      const binding = held === "" ? makeToken() : held;
      const way = { provider: markProvider(provider), binding: hashToken(binding), redirectUri, next, nonce, verifier };
      await pending.put(state, way, { expiresAtMs: now() + PENDING_MS });
      const location = client.buildAuthorizationUrl(connection, {
        redirect_uri: redirectUri,
        scope: provider.scopes.join(" "),
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        state,
        nonce,
      });
      return { location, binding };
    },
    async finish({ query, binding }) {
      const { way, provider } = await take(query, binding);
      const connection = connect(provider, await discover(provider), fetch);
      const { claims, idToken } = await exchange(connection, query, way).catch((cause) => {
        throw explain(cause, provider);
      });
      const keepFor = (signIn: string) => keepNewest(idTokens, MOST_ID_TOKENS, signIn, idToken);
      return { user: admit(claims, provider), of: way.provider, next: way.next, keepFor };
    },
    async findSignOut({ returnUri, signIn }) {
      const idToken = idTokens.get(signIn);
      idTokens.delete(signIn);
      const provider = findProvider(config());
      const server = provider && await discover(provider).catch(() => undefined);
      if (!provider || !server?.end_session_endpoint) return undefined;
      return client.buildEndSessionUrl(connect(provider, server, fetch), {
        post_logout_redirect_uri: returnUri,
        ...(idToken !== undefined && { id_token_hint: idToken }),
      });
    },
  };
}

function keepNewest<T>(kept: Map<string, T>, most: number, key: string, value: T): void {
  kept.set(key, value);
  if (kept.size > most) kept.delete(kept.keys().next().value!);
}

/** What a sign-in depends on: every setting that decides who a user is and who may sign in. */
export function markProvider({ issuer, clientId, claims, groups, domains, users }: OidcProvider): string {
  return hashToken(JSON.stringify([issuer, clientId, claims, [...groups ?? []], domains, users])).slice(0, 16);
}

/** The configured provider, if any. */
export function findProvider({ auth }: Config): OidcProvider | undefined {
  return auth.mode === "none" ? undefined : auth.oidc;
}

function requireProvider(config: Config): OidcProvider {
  const provider = findProvider(config);
  if (!provider) throw new PortholeError("not_found", "This gateway has no single sign-on");
  return provider;
}

/** Fetches a provider's metadata (OpenID Connect Discovery 1.0), once an hour; a failure is not kept. */
function keepDiscovery(fetch: Fetch, now: () => number) {
  let kept: { issuer: string; atMs: number; server: Promise<client.ServerMetadata> } | undefined;
  return async ({ issuer, title }: OidcProvider): Promise<client.ServerMetadata> => {
    if (kept?.issuer !== issuer || now() - kept.atMs > DISCOVERY_MS) {
      kept = { issuer, atMs: now(), server: discoverOnce(issuer, fetch) };
    }
    const asked = kept;
    try {
      return await asked.server;
    } catch (cause) {
      if (kept === asked) kept = undefined;
      const state = findUnreachable(cause) ? "it does not answer" : "its metadata does not match auth.oidc";
      throw new PortholeError("provider_unreachable", `Cannot sign in with ${title}: ${state}`, { cause });
    }
  };
}

async function discoverOnce(issuer: string, fetch: Fetch): Promise<client.ServerMetadata> {
  const found = await client.discovery(new URL(issuer), "discovery", undefined, undefined, {
    [client.customFetch]: fetch as client.CustomFetch,
    execute: isPlain(issuer) ? [client.allowInsecureRequests] : [],
  });
  return found.serverMetadata();
}

/** Made for each use: the keys of the provider that it caches would outlive a rotation. */
function connect(
  { issuer, clientId, clientSecret }: OidcProvider,
  server: client.ServerMetadata,
  fetch: Fetch,
): client.Configuration {
  const takesBasic = server.token_endpoint_auth_methods_supported?.includes("client_secret_basic") ?? true;
  const authenticate = takesBasic ? client.ClientSecretBasic : client.ClientSecretPost;
  const connection = new client.Configuration(
    server,
    clientId,
    { [client.clockTolerance]: CLOCK_TOLERANCE_S },
    clientSecret ? authenticate(clientSecret.reveal()) : client.None(),
  );
  connection[client.customFetch] = fetch as client.CustomFetch;
  client.enableNonRepudiationChecks(connection);
  if (isPlain(issuer)) client.allowInsecureRequests(connection);
  return connection;
}

async function exchange(
  connection: client.Configuration,
  query: URLSearchParams,
  { redirectUri, nonce, verifier }: PendingSignOn,
) {
  const callback = new URL(redirectUri);
  callback.search = query.toString();
  const tokens = await client.authorizationCodeGrant(connection, callback, {
    expectedState: query.get("state") ?? "",
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
  });
  const idClaims = tokens.claims()!;
  const more = connection.serverMetadata().userinfo_endpoint
    ? await client.fetchUserInfo(connection, tokens.access_token, idClaims.sub)
    : {};
  return { claims: { ...more, ...idClaims }, idToken: tokens.id_token! };
}

function explain(cause: unknown, { title }: OidcProvider): PortholeError {
  if (findUnreachable(cause)) {
    return new PortholeError("provider_unreachable", `Cannot sign in with ${title}: it does not answer`, { cause });
  }
  const refused = cause instanceof client.AuthorizationResponseError;
  const state = refused ? "it refused" : "its response is invalid";
  return new PortholeError("sign_in_required", `Cannot sign in with ${title}: ${state}`, { cause });
}

/** The user, if they may sign in, with the groups that `groups` maps theirs to. @throws PortholeError not_allowed */
function admit(claims: Readonly<Record<string, unknown>>, provider: OidcProvider): ExternalUser {
  const { name, groups } = readUser(claims, provider.claims);
  const { domains = [], users = [], groups: ours } = provider;
  const isLimited = provider.domains !== undefined || provider.users !== undefined;
  if (isLimited && !users.includes(name) && !domains.includes(readDomain(claims))) {
    throw new PortholeError("not_allowed", `${name} may not sign in here`);
  }
  return { name, groups: ours ? groups.flatMap((group) => ours.get(group) ?? []) : groups };
}

function readDomain({ email, email_verified }: Readonly<Record<string, unknown>>): string {
  return typeof email === "string" && email_verified !== false
    ? email.slice(email.lastIndexOf("@") + 1).toLowerCase()
    : "";
}

function isPlain(issuer: string): boolean {
  return issuer.startsWith("http:");
}
