/**
 * A real OpenID Connect provider (npm oidc-provider) in a process of its own, told by POST /control what it is to be:
 * who is signed in, how long its tokens last, how far its clock is off.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
// @ts-types="./oidc_provider_module.d.ts"
import { type Configuration, Provider } from "oidc-provider";
import { CLIENT_ID, CLIENT_SECRET } from "./oidc_client.ts";

/** What a test decides. */
export interface ProviderSettings {
  /** Who signs in there without being asked; undefined refuses. */
  account?: Record<string, unknown>;
  redirectUris?: string[];
  signOutUris?: string[];
  idTokenSeconds?: number;
  /** Added to the clock of the whole process. */
  clockOffsetSeconds?: number;
  /** Signs with a new key from now on, and forgets the old one. */
  rotateKeys?: boolean;
}

async function makeKeys(): Promise<Configuration["jwks"]> {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { keys: [{ ...await exportJWK(privateKey), kid: crypto.randomUUID(), use: "sig", alg: "RS256" }] };
}

function makeProvider(issuer: string, settings: ProviderSettings, jwks: Configuration["jwks"]): Provider {
  const provider: Provider = new Provider(issuer, {
    jwks,
    clients: [{
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      redirect_uris: settings.redirectUris ?? [`${issuer}/nowhere`],
      post_logout_redirect_uris: settings.signOutUris ?? [],
    }],
    claims: { openid: ["sub"], profile: ["preferred_username", "groups"], email: ["email", "email_verified"] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub, ...settings.account }) }),
    loadExistingGrant: async (ctx) => {
      const { client, session } = ctx.oidc;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope("openid profile email");
      await grant.save();
      return grant;
    },
    cookies: { keys: ["a key of the test"] },
    ttl: { IdToken: settings.idTokenSeconds ?? 600, Grant: 600, Session: 600, Interaction: 600, AccessToken: 600 },
  });
  return provider;
}

/** Moves the clock of this process: of `new Date()` and `Date.now()`. */
function moveClock(offsetSeconds: () => number): void {
  const RealDate = Date;
  const now = () => RealDate.now() + offsetSeconds() * 1000;
  globalThis.Date = class extends RealDate {
    constructor(...args: unknown[]) {
      super(...(args.length === 0 ? [now()] : args) as [number]);
    }
    static override now = now;
  } as DateConstructor;
}

async function readJson(request: IncomingMessage): Promise<ProviderSettings> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(await new Blob(chunks as BlobPart[]).text());
}

async function run(): Promise<void> {
  let settings: ProviderSettings = {};
  let jwks = await makeKeys();
  let provider: Provider;
  moveClock(() => settings.clockOffsetSeconds ?? 0);

  async function finishInteraction(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { account } = settings;
    await provider.interactionFinished(
      request,
      response,
      account ? { login: { accountId: String(account.sub ?? "somebody") } } : { error: "access_denied" },
    );
  }

  const server = createServer(async (request, response) => {
    if (request.url === "/control") {
      settings = await readJson(request);
      if (settings.rotateKeys) jwks = await makeKeys();
      provider = makeProvider(issuer(), settings, jwks);
      response.end("ok");
    } else if (request.url?.startsWith("/interaction/")) await finishInteraction(request, response);
    else provider.callback()(request, response);
  });
  const issuer = () => `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  server.listen(0, "127.0.0.1", () => {
    provider = makeProvider(issuer(), settings, jwks);
    console.log(`ready ${issuer()}`);
  });
}

if (import.meta.main) await run();
