/** A running gateway: configuration watched, certificates kept, listeners up. Powers come in from main.ts. */
import { join } from "node:path";
import { adoptFormerFiles } from "./access/former_files.ts";
import { formatLoginLine, openLoginLink } from "./access/login_link.ts";
import type { Command } from "./config/command_line.ts";
import type { Config } from "./config/config.ts";
import { takesLoginLink, warnOfExposure } from "./config/exposure.ts";
import { LiveConfig } from "./config/live_config.ts";
import { loadConfig } from "./config/load.ts";
import { formatProblem } from "./config/problem.ts";
import { watchConfig } from "./config/watch.ts";
import { waitAtMost } from "./async/wait_at_most.ts";
import { createDemo } from "./demo/connect.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import { openFileStores } from "./store/file_stores.ts";
import type { Stores } from "./store/store.ts";
import { type Audit, createAudit } from "./telemetry/audit.ts";
import { type AuditSink, createAuditSink } from "./telemetry/audit_sink.ts";
import { watchEventLoop } from "./telemetry/event_loop.ts";
import { describeUrl } from "./gateway_url.ts";
import { listen, openCertificate } from "./listen.ts";
import type { Log } from "./telemetry/log.ts";
import type { CertificateSource } from "./tls/certificate.ts";
import type { Serve } from "./tls/serve.ts";
import { readStaticFiles } from "./web/static_files.ts";

/** Sessions get this long to say goodbye before the process ends. */
const DRAIN_MS = 10_000;

/** What main.ts hands in. */
export interface StartParts {
  command: Command & { kind: "start" | "check" | "link" };
  env: (name: string) => string | undefined;
  log: Log;
  version: string;
  /** The folder of the program. */
  root: URL;
  serve: Serve;
}

/** A gateway that listens. */
export interface Running {
  /** Where people open it. */
  readonly url: string;
  /** The line with the login link, at the first start only. */
  readonly login?: string;
  readonly gateway: Gateway;
  readonly store: LiveConfig;
  /** Refuses new sessions, tells viewers to come back, and closes everything, within a deadline. */
  stop(): Promise<void>;
}

/** Loads the configuration; the store keeps reading it as it was asked for. @throws ConfigError */
export async function openConfig({ command, env }: Pick<StartParts, "command" | "env">): Promise<LiveConfig> {
  const { file, overrides } = command;
  const load = () => loadConfig({ ...(file === undefined ? {} : { file }), overrides, env });
  return new LiveConfig(await load(), load);
}

/** Makes a gateway on the store, without listeners; `tls` tells about its certificate. */
export async function makeGateway(
  parts: StartParts,
  store: LiveConfig,
  { tls, sink, stores }: {
    tls?: CertificateSource | undefined;
    sink?: AuditSink | undefined;
    stores?: Stores;
  } = {},
): Promise<Gateway> {
  const { log, version, root } = parts;
  const demo = createDemo({ onError: (error) => log.debug("Demo connection ended", { cause: String(error) }) });
  return createGateway({
    live: {
      get current() {
        return store.current;
      },
      get problems() {
        return [...store.problems.map(formatProblem), ...store.restart];
      },
    },
    log,
    version,
    staticFiles: await readStaticFiles(new URL("static/", root)),
    openDemo: () => demo.connect(),
    about: {
      ca: () => describeCa(tls),
      warnings: () => [warnOfExposure(store.current.gateway, store.current.auth)].filter((text) => text !== undefined),
      ownName: Deno.hostname(),
    },
    stores: stores ?? openStores(store.current, log),
    ...(parts.command.kind === "start" ? { audit: openAudit(store.current, log, sink) } : {}),
  });
}

function openStores({ gateway }: Config, log: Log): Stores {
  return openFileStores({
    folder: gateway.dataDir,
    onNotStored: ({ message, cause }) => log.error(message, { cause: String(cause) }),
  });
}

function openAudit({ gateway }: Config, log: Log, sink?: AuditSink): Audit {
  const file = join(gateway.dataDir, "audit.log");
  const onFailure = (cause: unknown) => log.error("Cannot write the audit log", { cause: String(cause) });
  return createAudit({ file, sink: sink?.send, onFailure });
}

function openSink({ gateway }: Config, log: Log): AuditSink | undefined {
  if (!gateway.audit) return undefined;
  const { url, token } = gateway.audit;
  const onFailure = (cause: unknown, dropped: number) =>
    log.error("Cannot send the audit log; trying again", { to: url.host, cause: String(cause), dropped });
  return createAuditSink({ url, token: token?.reveal(), onFailure });
}

/** Makes a new login link and gives the line that tells of it. @throws ConfigError */
export async function renewLoginLink(parts: Pick<StartParts, "command" | "env">): Promise<string> {
  using store = await openConfig(parts);
  const { gateway, auth } = store.current;
  if (!takesLoginLink(gateway, auth)) throw new NoLoginLink();
  const url = describeUrl(store.current, gateway.listen, gateway.tls.mode !== "none");
  return formatLoginLine(url, await openLoginLink(openFileStores({ folder: gateway.dataDir })).renew());
}

/** There is no use for a login link: everybody may come in, or people have passwords. */
export class NoLoginLink extends Error {
  override readonly name = "NoLoginLink";
  override readonly message = "There is no login link here: nobody has to sign in, or auth says how (auth.login_link)";
}

/** The line with the login link when it was made just now. */
async function makeLoginLine({ gateway, auth }: Config, stores: Stores, url: string): Promise<string | undefined> {
  const token = takesLoginLink(gateway, auth) ? await openLoginLink(stores).ensure() : undefined;
  return token === undefined ? undefined : formatLoginLine(url, token);
}

/** Starts everything. @throws ConfigError, CertificateError or ListenError */
export async function start(parts: StartParts): Promise<Running> {
  const { log } = parts;
  const store = await openConfig(parts);
  const tls = await openCertificate(store.current, log);
  const sink = openSink(store.current, log);
  const stores = openStores(store.current, log);
  await adoptFormerFiles(store.current.gateway.dataDir, stores);
  const gateway = await makeGateway(parts, store, { tls, sink, stores });
  const listeners = listen({ ...parts, config: store.current, gateway, certificate: tls });
  const watcher = watchConfig(store);
  gateway.applyConfig();
  for (const warning of store.warnings) log.warn(formatProblem(warning));
  const eventLoop = watchEventLoop((seconds) => gateway.metrics.eventLoopLag(seconds));
  store.subscribe((event) => {
    gateway.audit.note({ event: "config_changed", outcome: event.kind === "refused" ? "refused" : "ok" });
    if (event.kind === "refused") return event.problems.forEach((problem) => log.error(formatProblem(problem)));
    const { added, removed, changed, restart } = event;
    log.info("Configuration changed", { added: added.join(), removed: removed.join(), changed: changed.join() });
    for (const sentence of restart) log.warn(sentence);
    for (const warning of store.warnings) log.warn(formatProblem(warning));
    gateway.applyConfig();
  });
  const url = describeUrl(store.current, listeners[0]!.address, tls !== undefined);
  const login = await makeLoginLine(store.current, stores, url);
  return {
    url,
    ...(login === undefined ? {} : { login }),
    gateway,
    store,
    stop: async () => {
      await waitAtMost(gateway.drain(), DRAIN_MS);
      await Promise.all(listeners.map((listener) => listener.close(1_000)));
      await watcher[Symbol.asyncDispose]();
      await sink?.[Symbol.asyncDispose]();
      eventLoop.close();
      tls?.close();
    },
  };
}

function describeCa(tls?: CertificateSource) {
  if (tls?.current.caPem === undefined) return undefined;
  return { pem: tls.current.caPem, fingerprint256: tls.current.caFingerprint256 };
}
