/** Starts a gateway with listeners, watches its configuration and renews its certificate. */
import { adoptFormerFiles } from "./access/former_files.ts";
import { formatLoginLine, openLoginLink } from "./access/login_link.ts";
import { waitAtMost } from "./async/wait_at_most.ts";
import type { Config } from "./config/config.ts";
import { takesLoginLink } from "./config/exposure.ts";
import type { ConfigEvent, LiveConfig } from "./config/live_config.ts";
import { formatProblem } from "./config/problem.ts";
import { watchConfig } from "./config/watch.ts";
import type { Gateway } from "./gateway.ts";
import { FileFault } from "./files/file_reader.ts";
import { describeUrl } from "./gateway_url.ts";
import { listen, openCertificate } from "./listen.ts";
import { makeGateway, openConfig, openStores, type StartParts } from "./make_gateway.ts";
import { ProcessGuard } from "./process_guard.ts";
import { openFileStores } from "./store/file_stores.ts";
import { type FolderLock, lockFolder, lockFolderIfFree } from "./store/lock_folder.ts";
import type { Stores } from "./store/store.ts";
import { type AuditSink, createAuditSink } from "./telemetry/audit_sink.ts";
import { watchEventLoop } from "./telemetry/event_loop.ts";
import type { Log } from "./telemetry/log.ts";
import type { Listener } from "./tls/serve.ts";

/** Time for viewers to answer the goodbye. All others wait for those who do not, so it is short. */
const ANSWER_MS = 3_000;
/** The same with what sessions leave to be written. */
const DRAIN_MS = 5_000;
/** Time for requests under way to finish, and for what is queued to be written. */
const CLOSE_MS = 1_000;
/** Most names of sources in one line of the log. */
const MOST_NAMES = 50;

/** A running gateway. */
export interface Running {
  /** The address that users open. */
  readonly url: string;
  /** The line with the login link, at the first start only. */
  readonly login?: string;
  readonly gateway: Gateway;
  /** The configuration in force. */
  readonly live: LiveConfig;
  /** Ends every connection and goes on; viewers are told to come back. */
  openValve(): Promise<void>;
  /** Resolves with the reason when the gateway cannot be reached any more and only a new process can help. */
  readonly failed: Promise<string>;
  /** Refuses new sessions, tells viewers to reconnect, and closes everything within a deadline. */
  stop(): Promise<void>;
}

/** Starts a gateway. @throws ConfigError, DataFolderError, CertificateError or ListenError */
export async function start(parts: StartParts): Promise<Running> {
  const live = await openConfig(parts);
  const { dataDir } = live.current.gateway;
  await requireAnswer(dataDir, parts);
  const lock = await lockFolder(dataDir, { warn: parts.log.warn });
  try {
    return await startLocked(parts, live, lock);
  } catch (thrown) {
    lock[Symbol.dispose]();
    throw thrown;
  }
}

/** What follows reads and writes the folder at once, and would wait for a disk that does not answer. */
async function requireAnswer(folder: string, { reader }: Pick<StartParts, "reader">): Promise<void> {
  await reader.stat(folder).catch((thrown) => {
    if (thrown instanceof FileFault) throw new FileFault(`Cannot use the data folder ${folder}: ${thrown.message}`);
  });
}

async function startLocked(parts: StartParts, live: LiveConfig, lock: FolderLock): Promise<Running> {
  const { log, reader } = parts;
  const config = live.current;
  const certificate = await openCertificate(config, log, reader);
  const sink = openSink(config, log);
  const stores = openStores(config, log, { isOwner: lock.isHeld });
  await adoptFormerFiles(config.gateway.dataDir, stores, reader);
  const gateway = await makeGateway(parts, live, { certificate, sink, stores });
  const guard = new ProcessGuard({ log, limits: () => live.current.limits, gateway });
  const listeners = listen({ ...parts, config, gateway, certificate, revival: guard.revival });
  guard.begin(listeners, certificate !== undefined);
  const watcher = watchConfig(live, { reader });
  const eventLoop = watchEventLoop((seconds) => gateway.metrics.eventLoopLag(seconds));
  followConfig(live, gateway, log);
  const url = describeUrl(config, listeners[0]!.address, certificate !== undefined);
  lock.announce(url);
  const login = await makeLoginLine(config, stores, url);
  return {
    url,
    ...(login === undefined ? {} : { login }),
    gateway,
    live,
    openValve: () => guard.openValve(),
    failed: guard.failed,
    stop: async () => {
      guard.close();
      certificate?.close();
      await stop({ gateway, listeners, others: [watcher, ...(sink ? [sink] : [])] });
      const unsaved = stores.unsaved();
      if (unsaved > 0) log.error("Changes could not be saved: they are undone at the next start", { unsaved });
      eventLoop.close();
      lock[Symbol.dispose]();
    },
  };
}

/** Ends the sessions, then everything else at once, each within its time. */
async function stop({ gateway, listeners, others }: {
  gateway: Gateway;
  listeners: readonly Listener[];
  others: readonly AsyncDisposable[];
}): Promise<void> {
  await waitAtMost(gateway.drain(ANSWER_MS), DRAIN_MS);
  const ends = [
    gateway.audit.close(),
    ...others.map((other) => other[Symbol.asyncDispose]()),
    ...listeners.map((listener) => listener.close(CLOSE_MS)),
  ];
  await waitAtMost(Promise.all(ends), CLOSE_MS);
}

/** Applies the configuration, now and after each change, and logs problems and new warnings. */
function followConfig(live: LiveConfig, gateway: Gateway, log: Log): void {
  let warned: readonly string[] = [];
  const apply = () => {
    const warnings = live.warnings.map(formatProblem);
    for (const warning of warnings) if (!warned.includes(warning)) log.warn(warning);
    warned = warnings;
    gateway.applyConfig();
  };
  apply();
  live.subscribe((event) => {
    gateway.audit.note({ event: "config_changed", outcome: event.kind === "refused" ? "refused" : "ok" });
    report(event, log);
    if (event.kind === "swapped") apply();
  });
}

function report(event: ConfigEvent, log: Log): void {
  if (event.kind === "refused") return event.problems.forEach((problem) => log.error(formatProblem(problem)));
  const { added, removed, changed, restart } = event;
  log.info("Configuration changed", { added: nameSome(added), removed: nameSome(removed), changed: nameSome(changed) });
  for (const sentence of restart) log.warn(sentence);
}

/** The first of these names, and how many more there are. */
function nameSome(names: readonly string[]): string {
  const rest = names.length - MOST_NAMES;
  return names.slice(0, MOST_NAMES).join() + (rest > 0 ? `,… (${rest} more)` : "");
}

function openSink({ gateway }: Config, log: Log): AuditSink | undefined {
  if (!gateway.audit) return undefined;
  const { url, token } = gateway.audit;
  const onFailure = (cause: unknown, dropped: number) =>
    log.error("Cannot send the audit log; trying again", { to: url.host, cause: String(cause), dropped });
  return createAuditSink({ url, token: token?.reveal(), onFailure });
}

/** Makes the login link at the first start, and returns the line that shows it. */
async function makeLoginLine({ gateway, auth }: Config, stores: Stores, url: string): Promise<string | undefined> {
  const token = takesLoginLink(gateway, auth) ? await openLoginLink(stores).ensure() : undefined;
  return token === undefined ? undefined : formatLoginLine(url, token);
}

/** Makes a new login link and returns the line that shows it. @throws ConfigError, NoLoginLink or PortholeError */
export async function renewLoginLink(parts: Parameters<typeof openConfig>[0]): Promise<string> {
  using live = await openConfig(parts);
  const { gateway, auth } = live.current;
  if (!takesLoginLink(gateway, auth)) throw new NoLoginLink();
  const url = describeUrl(live.current, gateway.listen, gateway.tls.mode !== "none");
  using lock = await lockFolderIfFree(gateway.dataDir);
  const stores = openFileStores({ folder: gateway.dataDir, isOwner: lock.isHeld });
  const token = await openLoginLink(stores).renew().finally(() => stores.settled());
  return formatLoginLine(url, token);
}

/** A login link would not work: nobody has to sign in, or `auth` does not enable it. */
export class NoLoginLink extends Error {
  override readonly name = "NoLoginLink";
  override readonly message =
    "This gateway has no login link: nobody has to sign in, or auth is set without login_link: true";
}
