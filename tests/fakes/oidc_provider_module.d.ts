/** What the tests use of oidc-provider, which brings no types; its published ones would bring those of Node.js along. */
import type { IncomingMessage, ServerResponse } from "node:http";

export interface Configuration {
  readonly jwks: { readonly keys: readonly object[] };
  readonly clients: readonly object[];
  readonly claims: Readonly<Record<string, readonly string[]>>;
  readonly features: Readonly<Record<string, object>>;
  readonly interactions: { url(context: unknown, interaction: { uid: string }): string };
  readonly cookies: { readonly keys: readonly string[] };
  readonly ttl: Readonly<Record<string, number>>;
  findAccount(context: unknown, sub: string): { accountId: string; claims(): object };
  loadExistingGrant(context: Context): Promise<Grant>;
}

export interface Context {
  readonly oidc: { readonly client: { readonly clientId: string }; readonly session: { readonly accountId: string } };
}

export interface Grant {
  addOIDCScope(scope: string): void;
  save(): Promise<string>;
}

export class Provider {
  constructor(issuer: string, configuration: Configuration);
  readonly Grant: new (of: { clientId: string; accountId: string }) => Grant;
  callback(): (request: IncomingMessage, response: ServerResponse) => void;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
}
