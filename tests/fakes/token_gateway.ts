/** A gateway on a sources.yaml and a token file, with a VNC server that every token leads to. */
import { LiveConfig } from "../../src/config/live_config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createTokenRefresh } from "../../src/config/token_refresh.ts";
import type { GatewayOptions } from "../../src/gateway.ts";
import { startGateway, type TestGateway } from "./gateway.ts";
import { startFakeRfb } from "./rfb_server.ts";

/** The gateway and its token file. */
export interface TokenGateway extends Omit<TestGateway, "live"> {
  readonly live: LiveConfig;
  /** The path of the token file. */
  readonly file: string;
  readonly vncPort: number;
  /** Writes a file with a line for each token; returns at once, without the gateway having noticed. */
  write(...tokens: string[]): Promise<void>;
}

interface TokenGatewayOptions extends Partial<GatewayOptions> {
  /** The text of sources.yaml. */
  yaml?: string;
  tokens?: readonly string[];
}

/** Starts it. Nothing watches the files. */
export async function startTokenGateway(
  { yaml = "auth: none\nsources: {}", tokens = [], ...options }: TokenGatewayOptions = {},
): Promise<TokenGateway> {
  await using stack = new AsyncDisposableStack();
  const source = stack.use(await startFakeRfb());
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const file = `${folder}/tokens`;
  const write = (...all: string[]) =>
    Deno.writeTextFile(file, all.map((token) => `${token}: 127.0.0.1:${source.port}\n`).join(""));
  await write(...tokens);
  const overrides = { tls: { mode: "none" }, tokenFiles: [file] } as const;
  const load = () => loadConfig({ text: yaml.replaceAll("PORT", `${source.port}`), env: () => undefined, overrides });
  const live = new LiveConfig(await load(), load);
  const inForce = {
    get current() {
      return live.current;
    },
    problems: [],
    refreshTokens: createTokenRefresh({ live, paths: [file] }),
  };
  const gateway = stack.use(await startGateway("auth: none\nsources: {}", { ...options, live: inForce }));
  live.subscribe(() => void gateway.gateway.applyConfig());
  const rest = stack.move();
  return { ...gateway, live, file, vncPort: source.port, write, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}
