/** Connections to a sign-in provider: its metadata, and what authenticates the gateway there. */
import * as client from "openid-client";
import type { OidcProvider } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import { createProviderFetch, type Fetch, findUnreachable } from "./provider_fetch.ts";

/** Finds a provider, and prepares requests to it. @throws PortholeError provider_unreachable */
export type Connect = (provider: OidcProvider) => Promise<client.Configuration>;

interface ConnectorOptions {
  fetch?: Fetch | undefined;
  now: () => number;
}

const DISCOVERY_MS = 3_600_000;
/** How far the provider's clock may be off. */
const CLOCK_TOLERANCE_S = 30;

/** Makes the connections. Metadata is fetched once an hour. */
export function createConnector({ fetch = createProviderFetch(), now }: ConnectorOptions): Connect {
  const discover = keepDiscovery(fetch, now);
  return async (provider) => configure(provider, await discover(provider), fetch);
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

/** Makes a new client for each use, because it caches keys, which the provider may rotate. */
function configure(
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

function isPlain(issuer: string): boolean {
  return issuer.startsWith("http:");
}
