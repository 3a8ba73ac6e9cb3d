/** A whole gateway in this process, on a port of its own. */
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createGateway, type Gateway, type GatewayOptions } from "../../src/gateway.ts";
import { createLog } from "../../src/telemetry/log.ts";

/** A gateway under test; disposing of it ends every session and the listener. */
export interface TestGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  /** The configuration in force; after setting it comes `gateway.applyConfig()`. */
  readonly live: { current: Config; problems: readonly string[]; refreshTokens?: () => Promise<void> };
  readonly port: number;
  /** "http://127.0.0.1:PORT" */
  readonly origin: string;
  /** "ws://127.0.0.1:PORT" */
  readonly wsOrigin: string;
  /** Every line logged so far, as parsed JSON. */
  readonly lines: Record<string, unknown>[];
}

/** Starts a gateway on the text of a sources.yaml; `gateway.tls: none` is added. */
export async function startGateway(yaml: string, options: Partial<GatewayOptions> = {}): Promise<TestGateway> {
  const { config } = await loadConfig({ text: yaml, env: () => undefined, overrides: { tls: { mode: "none" } } });
  const lines: Record<string, unknown>[] = [];
  const live = { current: config, problems: [] };
  const gateway = createGateway({
    live,
    log: createLog({ format: "json", level: "debug", write: (line) => lines.push(JSON.parse(line)) }),
    version: "0.0.0-test",
    staticFiles: new Map(),
    openDemo: () => {
      throw new Error("This test has no demo");
    },
    ...options,
  });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request, info) => {
    const { hostname: remote } = info.remoteAddr as Deno.NetAddr;
    return gateway.app.fetch(request, { remote, whenSent: () => info.completed });
  });
  const { port } = server.addr as Deno.NetAddr;
  return {
    gateway,
    live,
    port,
    lines,
    origin: `http://127.0.0.1:${port}`,
    wsOrigin: `ws://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await gateway.drain();
      await server.shutdown();
    },
  };
}
