/** The app without a listener, with small test parts. */
import { Unacknowledged } from "../../../src/bridge/unacknowledged.ts";
import { WaysBack } from "../../../src/session/ways_back.ts";
import { WaitingLinks } from "../../../src/web/viewer/waiting_links.ts";
import { describeTask } from "../../../src/config/command_hint.ts";
import { createAuthentication } from "../../../src/access/authentication.ts";
import { createMinuteLog } from "../../../src/access/minute_log.ts";
import { createApp } from "../../../src/app.ts";
import type { Config } from "../../../src/config/config.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { SessionRegistry } from "../../../src/session/registry.ts";
import type { Sources } from "../../../src/source/sources.ts";
import { createMemoryStores } from "../../../src/store/memory_stores.ts";
import { createAudit } from "../../../src/telemetry/audit.ts";
import { createLog } from "../../../src/telemetry/log.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import type { Services } from "../../../src/web/services.ts";
import { NO_LIMIT } from "../../fakes/no_limit.ts";

/** Sources that were never probed, and never will be. */
const UNPROBED = {
  get: () => ({ probe: () => Promise.resolve() }),
  findingOf: () => ({ status: "unknown", detail: "not probed yet" }),
} as unknown as Sources;

/** The parts of the app that a test changes. */
export interface AppRigOptions {
  yaml?: string;
  /** Changes the configuration after it was read. */
  change?: (config: Config) => Config;
  sources?: Sources;
}

/** Makes the app, and collects all that it reports. */
export async function makeApp({ yaml = "sources: { pi: 127.0.0.1:1 }", change, sources = UNPROBED }: AppRigOptions) {
  const { config: read } = await loadConfig({
    text: yaml,
    env: () => undefined,
    overrides: { tls: { mode: "none" } },
  });
  const config = change ? change(read) : read;
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ format: "json", level: "debug", write: (line) => lines.push(JSON.parse(line)) });
  const audit = createAudit();
  const metrics = createMetrics({ sessions: () => [], states: [], prewarmed: () => 0 });
  const registry = new SessionRegistry(log);
  const authentication = createAuthentication({ config: () => config, warn: () => {}, stores: createMemoryStores() });
  const services: Services = {
    authentication,
    sessions: {
      registry,
      connectLimit: NO_LIMIT,
      wrongTokens: NO_LIMIT,
      waysBack: new WaysBack(),
      waitingLinks: new WaitingLinks(() => 64),
      unacknowledged: new Unacknowledged(1 << 20),
    },
    sources,
    telemetry: { log, metrics, audit, warnRarely: createMinuteLog((text, fields) => log.warn(text, fields), Date.now) },
    about: {
      version: "1.2.3",
      problems: () => [],
      unsaved: () => 0,
      warnings: () => [],
      ca: () => undefined,
      describeCommand: describeTask,
    },
  };
  const app = createApp({
    services,
    config: () => config,
    isTrustedProxy: (address) => address === "10.0.0.1",
    staticFiles: new Map([["a.css", { body: new Uint8Array(1), type: "text/css", etag: '"a"' }]]),
  });
  return {
    app,
    audit,
    lines,
    metrics,
    /** Sends a request from an address; the Host is that of the URL. */
    ask: async (path: string, init: RequestInit & { remote?: string; host?: string } = {}) => {
      const { remote = "192.0.2.7", host = "localhost:8443", ...rest } = init;
      return await app.fetch(new Request(new URL(path, `http://${host}`), rest), { remote });
    },
    [Symbol.dispose]: () => authentication.close(),
  };
}

/** The code of a problem. */
export async function readCode(response: Response): Promise<string> {
  return (await response.json()).code;
}
