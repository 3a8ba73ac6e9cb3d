/** OpenID Connect: the code flow with PKCE, state and nonce (OpenID Connect Core 1.0 section 3.1, RFC 9700). */
import * as client from "openid-client";
import type { Config, OidcProvider } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import { leavesRoom } from "../fair_shares.ts";
import type { Store } from "../store/store.ts";
import { Cap, refuseSurplus } from "./cap.ts";
import { markProvider } from "./marks.ts";
import { hashToken, isSameHash, makeToken } from "./opaque_token.ts";
import { type ExternalUser, readUser } from "./user_claims.ts";
import { type Connect, createConnector } from "./provider_connection.ts";
import { type Fetch, findUnreachable } from "./provider_fetch.ts";

/** Result of an authorization code flow. */
export interface OidcOutcome {
  readonly user: ExternalUser;
  /** What the sign-in depends on: it ends when the provider's settings change. */
  readonly of: string;
  /** The path that the browser asked for before it signed in. */
  readonly next: string;
  /** Keeps the ID token for this sign-in, so that signing out can also end the session at the provider. */
  keepFor(signIn: string): void;
}

/** Where the browser is to come back to, and what it asked for. */
interface FlowStart {
  readonly redirectUri: string;
  readonly next: string;
  /** The cookie that ties the response to this browser; "" for a new one. */
  readonly binding: string;
  /** The browser's address, as limits group it. */
  readonly from: string;
}

/** What the browser brought back from the provider. */
interface FlowResponse {
  readonly query: URLSearchParams;
  readonly binding: string;
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
  /** The address of that browser. */
  readonly from: string;
  readonly redirectUri: string;
  readonly next: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** How long a user may take at the provider. */
export const PENDING_MS = 10 * 60_000;
/**
 * Flows that wait at a time. One address gets 223, because a whole office or school may have it; 20 addresses that take
 * all they get leave 185.
 */
const PENDING = { max: 2_000, portion: 1 / 8 };
/** ID tokens that are kept for signing out. Without its own, a sign-out only asks the user once more. */
const MOST_ID_TOKENS = 2_000;

/** Signs users in at the configured provider, which is not asked for anything before somebody signs in. */
export class OidcSignIn {
  readonly #config: () => Config;
  readonly #pending: Store<PendingSignOn>;
  readonly #connect: Connect;
  readonly #now: () => number;
  readonly #cap = new Cap<PendingSignOn>(() => this.#pending.list());
  /**
   * ID tokens by sign-in, the oldest first. In memory only, because they are secrets. Without one, the provider asks the
   * user to confirm the sign-out.
   */
  readonly #idTokens = new Map<string, string>();

  constructor({ config, pending, fetch, now = Date.now }: OidcOptions) {
    this.#config = config;
    this.#pending = pending;
    this.#connect = createConnector({ fetch, now });
    this.#now = now;
  }

  /**
   * Where to send the browser, and the cookie that ties the response to it.
   * @throws PortholeError provider_unreachable, limit_reached, or not_found when there is no provider.
   */
  async begin({ redirectUri, next, binding: held, from }: FlowStart): Promise<{ location: URL; binding: string }> {
    const provider = requireProvider(this.#config());
    const connection = await this.#connect(provider);
    const [state, nonce, verifier] = [makeToken(), makeToken(), makeToken()];
    const binding = held === "" ? makeToken() : held;
    const tied = { provider: markProvider(provider), binding: hashToken(binding), from };
    const flow = { ...tied, redirectUri, next, nonce, verifier };
    const expiresAtMs = this.#now() + PENDING_MS;
    const check = (others: readonly PendingSignOn[]) => requireRoom(flow, others);
    await this.#cap.admit([state, flow], check, () => this.#pending.put(state, flow, { expiresAtMs }));
    return { location: await buildLocation(connection, provider, state, flow), binding };
  }

  /**
   * Checks the provider's response, which the browser brings back.
   * @throws PortholeError sign_in_required when it is invalid, not_allowed, provider_unreachable.
   */
  async finish({ query, binding }: FlowResponse): Promise<OidcOutcome> {
    const { flow, provider } = await this.#take(query, binding);
    const connection = await this.#connect(provider);
    const { claims, idToken } = await exchange(connection, query, flow).catch((cause) => {
      throw explain(cause, provider);
    });
    const keepFor = (signIn: string) => this.#keepIdToken(signIn, idToken);
    return { user: admit(claims, provider), of: flow.provider, next: flow.next, keepFor };
  }

  /** The address for signing out at the provider too; undefined when it has none or cannot be reached. */
  async findSignOut({ returnUri, signIn }: { returnUri: string; signIn: string }): Promise<URL | undefined> {
    const idToken = this.#idTokens.get(signIn);
    this.#idTokens.delete(signIn);
    const provider = findProvider(this.#config());
    const connection = provider && await this.#connect(provider).catch(() => undefined);
    if (!connection?.serverMetadata().end_session_endpoint) return undefined;
    return client.buildEndSessionUrl(connection, {
      post_logout_redirect_uri: returnUri,
      ...(idToken !== undefined && { id_token_hint: idToken }),
    });
  }

  /** The flow that this response belongs to, which is then over. @throws PortholeError sign_in_required */
  async #take(query: URLSearchParams, binding: string) {
    const provider = findProvider(this.#config());
    const flow = provider && await this.#pending.update(query.get("state") ?? "", (flow) => {
      const isOurs = flow && isSameHash(flow.binding, hashToken(binding)) && flow.provider === markProvider(provider);
      return isOurs ? { result: flow, delete: true } : { result: undefined };
    });
    if (flow) return { flow, provider };
    throw new PortholeError("sign_in_required", "The sign-in took too long or began in another browser: sign in again");
  }

  #keepIdToken(signIn: string, idToken: string): void {
    this.#idTokens.set(signIn, idToken);
    if (this.#idTokens.size > MOST_ID_TOKENS) this.#idTokens.delete(this.#idTokens.keys().next().value!);
  }
}

function requireRoom({ from }: PendingSignOn, others: readonly PendingSignOn[]): void {
  const own = others.filter((other) => other.from === from);
  if (leavesRoom({ own: own.length, all: others.length }, PENDING)) return;
  throw refuseSurplus("Too many people are signing in at the moment: try again later");
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

/** The address of the provider's authorization endpoint for this flow (RFC 6749 section 4.1.1, RFC 7636 section 4.3). */
async function buildLocation(
  connection: client.Configuration,
  { scopes }: OidcProvider,
  state: string,
  { redirectUri, nonce, verifier }: PendingSignOn,
): Promise<URL> {
  return client.buildAuthorizationUrl(connection, {
    redirect_uri: redirectUri,
    scope: scopes.join(" "),
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  });
}

/** Redeems the code, and reads the claims of the ID token and of UserInfo. */
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
  const state = refused ? "it refused the sign-in" : "its response is invalid";
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
