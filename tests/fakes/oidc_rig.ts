/** A gateway whose people sign in at a real provider, which runs in a process of its own. */
import type { GatewayOptions } from "../../src/gateway.ts";
import { Program } from "../live/programs.ts";
import { startGateway, type TestGateway } from "./gateway.ts";
import { CLIENT_ID, CLIENT_SECRET } from "./oidc_client.ts";
import type { ProviderSettings } from "./oidc_provider.ts";

/** Somebody whom the provider knows. */
export const ADA = {
  sub: "1815",
  preferred_username: "ada",
  email: "ada@example.net",
  email_verified: true,
  groups: ["vnc-admins", "engine"],
};

/** The provider's process. */
export interface ProviderProcess extends AsyncDisposable {
  readonly issuer: string;
  control(settings: ProviderSettings): Promise<void>;
}

/** Starts a provider. */
export async function startProvider(): Promise<ProviderProcess> {
  const script = new URL("./oidc_provider.ts", import.meta.url).pathname;
  const program = await Program.start(Deno.execPath(), { args: ["run", "--no-check", "--allow-all", script] });
  const [, issuer = ""] = await program.waitFor(/ready (\S+)/);
  return {
    issuer,
    async control(settings) {
      const response = await fetch(`${issuer}/control`, { method: "POST", body: JSON.stringify(settings) });
      await response.text();
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** How the gateway is set up; `oidc` is more lines of YAML for its section. */
export interface RigOptions extends Partial<GatewayOptions> {
  readonly issuer?: string;
  readonly oidc?: string;
  readonly settings?: ProviderSettings;
}

/** Starts a gateway for a provider, and tells the provider of it. */
export async function startSignOnGateway(provider: ProviderProcess, options: RigOptions = {}): Promise<TestGateway> {
  const { issuer = provider.issuer, oidc = "", settings = {}, ...more } = options;
  const gateway = await startGateway(writeYaml(issuer, oidc), more);
  await provider.control({
    account: ADA,
    redirectUris: [`${gateway.origin}/sign-in/oidc/callback`],
    signOutUris: [`${gateway.origin}/sign-in`],
    ...settings,
  });
  return gateway;
}

/** The text of a sources.yaml. */
export function writeYaml(issuer: string, oidc = ""): string {
  return `
auth:
  oidc:
    issuer: ${issuer}
    client_id: ${CLIENT_ID}
    client_secret: "${CLIENT_SECRET}"
    title: the office
    ${oidc.trim()}
sources:
  open: { host: 127.0.0.1, port: 1, title: For all }
  locked: { host: 127.0.0.1, port: 1, title: For admins, allow: ["group:admins"] }
`;
}
