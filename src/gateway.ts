/** Builds a gateway from its configuration, without listeners. Does not use the environment or signals. */
import type { Hono } from "hono";
import { createAuthentication } from "./access/authentication.ts";
import { createConnectLimit } from "./access/connect_limit.ts";
import { createMinuteLog, type Warn } from "./access/minute_log.ts";
import { createRangeTest } from "./access/peer.ts";
import { createApp } from "./app.ts";
import type { SetTimer } from "./async/timer.ts";
import type { ByteStream } from "./bridge/byte_stream.ts";
import { Unacknowledged } from "./bridge/unacknowledged.ts";
import { describeTask } from "./config/command_hint.ts";
import type { Config } from "./config/config.ts";
import { memoize, once } from "./memoize.ts";
import { makeClientKey } from "./rfb/security/ra2.ts";
import { createMemoryStores } from "./store/memory_stores.ts";
import type { Stores } from "./store/store.ts";
import { applyToSessions } from "./session/apply_to_sessions.ts";
import { auditSessions } from "./session/audit_sessions.ts";
import { informSources } from "./session/inform_sources.ts";
import { measureSessions } from "./session/measure_sessions.ts";
import { SessionRegistry } from "./session/registry.ts";
import { LIVE_STATES, showState } from "./session/state.ts";
import { WaysBack } from "./session/ways_back.ts";
import { Addresses } from "./source/addresses.ts";
import { createDialer } from "./source/dial/dial.ts";
import { openPins } from "./source/pins.ts";
import { Sources } from "./source/sources.ts";
import { createTrust } from "./source/trust.ts";
import { Turn } from "./source/turn.ts";
import { type Audit, createAudit } from "./telemetry/audit.ts";
import type { Log } from "./telemetry/log.ts";
import { createMetrics, type Metrics } from "./telemetry/metrics.ts";
import { Notices } from "./telemetry/notices.ts";
import type { Env } from "./web/env.ts";
import type { About, Services, Sessions } from "./web/services.ts";
import type { StaticFiles } from "./web/static_files.ts";
import { WaitingLinks } from "./web/viewer/waiting_links.ts";

/** Sources that do not answer take up to 25 s each, and must not delay the others. */
const PROBES_AT_ONCE = 16;
/** Thousands of sources that ask for it must not all be dialed at once when the configuration is read. */
const PREWARMS_AT_ONCE = 32;

/** The configuration in force, and the problems of the latest edit. */
export interface ConfigInForce {
  readonly current: Config;
  readonly problems: readonly string[];
  /** Reads token files that have changed; absent where there are none. */
  readonly refreshTokens?: () => Promise<void>;
}

/** The parts of a gateway. */
export interface GatewayOptions {
  live: ConfigInForce;
  log: Log;
  version: string;
  staticFiles: StaticFiles;
  openDemo: () => ByteStream;
  about?: Partial<AboutGateway>;
  /** Stores of sign-ins, share links and pins. By default they are in memory and end with the process. */
  stores?: Stores;
  /** The audit log. By default it is in memory and ends with the process. */
  audit?: Audit;
  /** The clock of sign-ins, links, tokens and probes. */
  now?: () => number;
  /** The timers of logins to sources, of prewarming, and of requests whose body comes slowly. */
  setTimer?: SetTimer;
}

/** What the one who makes a gateway knows about it. */
export interface AboutGateway extends Pick<About, "ca" | "warnings" | "describeCommand"> {
  /** The machine's own name, under which the gateway may be reached. */
  readonly ownName?: string;
  /** Numbers of log lines that were lost, by where they should have gone. */
  readonly lostLines?: () => Readonly<Record<string, number>>;
}

const NOTHING_KNOWN = { ca: () => undefined, warnings: () => [], describeCommand: describeTask };

/** A gateway without a listener. */
export interface Gateway {
  readonly app: Hono<Env>;
  readonly registry: SessionRegistry;
  readonly sources: Sources;
  readonly metrics: Metrics;
  readonly audit: Audit;
  /** What administrators should know now. */
  readonly notices: Notices;
  /** What every user should know, such as that nobody has to sign in. */
  warnings(): readonly string[];
  /** Applies a changed configuration: ends sessions that cannot go on with it, tells the others, updates prewarming. */
  applyConfig(): Promise<void>;
  /**
   * Refuses new sessions, tells viewers to reconnect (1012), and resolves when all timers have ended, and all sessions;
   * for these it waits for `atMostMs`.
   */
  drain(atMostMs?: number): Promise<void>;
}

/** Makes a gateway: its services, the listeners to its sessions, and its app. */
export function createGateway(options: GatewayOptions): Gateway {
  const { live, about: { ownName } = {}, staticFiles } = options;
  const notices = new Notices(options.now);
  const services = createServices(options, notices);
  const { sessions: { registry }, sources, telemetry: { metrics, audit }, about: { warnings } } = services;
  for (const listener of [measureSessions(metrics), auditSessions(audit), informSources(sources)]) {
    registry.events.subscribe(listener);
  }
  const isTrusted = memoize(() => live.current.gateway.trustedProxies, createRangeTest);
  const app = createApp({
    services,
    config: () => live.current,
    isTrustedProxy: (address) => isTrusted()(address),
    ownName,
    staticFiles,
    setTimer: options.setTimer,
  });
  return {
    app,
    registry,
    sources,
    metrics,
    audit,
    notices,
    warnings,
    applyConfig: () => applyConfig(services, () => live.current),
    drain: (atMostMs) => drain(services, atMostMs),
  };
}

function createServices(options: GatewayOptions, notices: Notices): Services {
  const { live, log, version, now = Date.now, stores = createMemoryStores({ now }) } = options;
  const warn: Warn = (message, fields) => log.warn(message, fields);
  const registry = new SessionRegistry(log);
  const sessions = createSessions(live, registry);
  const audit = options.audit ?? createAudit();
  const metrics: Metrics = createMetrics({
    sessions: () => registry.list().map((session) => ({ state: showState(session), count: session.count })),
    states: LIVE_STATES,
    prewarmed: () => sources.prewarmed,
    unsaved: stores.unsaved,
    stuck: () => registry.stuck,
    unacknowledged: () => sessions.unacknowledged.bytes,
    lostLines: () => ({ ...options.about?.lostLines?.(), audit: audit.lost }),
  });
  const sources: Sources = createSources({ ...options, stores }, registry, metrics);
  const problems = () => [...live.problems, ...stores.problems(), ...notices.list(), ...describeFault(audit)];
  return {
    authentication: createAuthentication({
      config: () => live.current,
      warn,
      stores,
      onCodesLocked: (who, { address: from, wrong }) => {
        audit.note({ event: "codes_locked", who, from, outcome: "limit_reached", detail: `${wrong} wrong codes` });
      },
      now,
    }),
    sessions,
    sources,
    telemetry: { log, metrics, audit, warnRarely: createMinuteLog(warn, options.now) },
    get readTokensAgain() {
      const { refreshTokens } = live;
      return refreshTokens && (() => refreshTokens().then(() => live.current));
    },
    about: { ...NOTHING_KNOWN, ...options.about, version, problems, unsaved: stores.unsaved },
  };
}

function createSessions(live: ConfigInForce, registry: SessionRegistry): Sessions {
  const limits = () => live.current.limits;
  const perMinute = () => limits().connectsPerMinute;
  return {
    registry,
    connectLimit: createConnectLimit({ perMinute }),
    waysBack: new WaysBack(),
    wrongTokens: createConnectLimit({ perMinute, what: "attempts to resume a session" }),
    waitingLinks: new WaitingLinks(() => limits().handshakes),
    unacknowledged: new Unacknowledged(limits().unacknowledgedBytes),
  };
}

function describeFault({ fault }: Audit): string[] {
  return fault === undefined ? [] : [`The audit log cannot be written: ${fault}`];
}

async function applyConfig({ sessions, sources }: Services, config: () => Config): Promise<void> {
  const { registry, unacknowledged } = sessions;
  unacknowledged.maxBytes = config().limits.unacknowledgedBytes;
  // Permissions come first, because they are a better reason than a changed source.
  await registry.endUnpermitted();
  sources.apply();
  applyToSessions(registry, config().sources);
}

async function drain({ sessions, sources, authentication }: Services, atMostMs?: number): Promise<void> {
  await Promise.all([sessions.registry.drain(atMostMs), sources.close()]);
  sessions.connectLimit.close();
  sessions.wrongTokens.close();
  await authentication.close();
}

function createSources(
  { live, log, openDemo, stores, now, setTimer }: GatewayOptions & { stores: Stores },
  registry: SessionRegistry,
  metrics: Metrics,
) {
  const isDenied = memoize(() => live.current.gateway.denyNetworks, createRangeTest);
  const dial = createDialer({
    openDemo,
    isDenied: (address) => isDenied()(address),
    onDialed: (outcome, seconds) => metrics.dialed(outcome, seconds),
  });
  return new Sources(() => live.current.sources, {
    addresses: new Addresses({ stores, dial, ...(now && { now }) }),
    trust: createTrust({
      pins: openPins(stores),
      onFirstUse: (source, fingerprint, flaw) => {
        const fields = { source, fingerprint: `sha256:${fingerprint}` };
        if (flaw === undefined) log.info("Trusted on first use", fields);
        else log.warn(`Trusted on first use, although its certificate ${flaw}`, fields);
      },
    }),
    getClientKey: once(makeClientKey),
    sessions: registry,
    perSource: () => live.current.limits.perSource,
    probeSlots: new Turn(PROBES_AT_ONCE),
    prewarmSlots: new Turn(PREWARMS_AT_ONCE),
    log,
    ...(now && { now }),
    setTimer,
  });
}
