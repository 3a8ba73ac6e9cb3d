/** Puts the parts together: configuration in, an app and its sessions out. Touches no listener, environment or signal. */
import type { Hono } from "hono";
import { createConnectLimit } from "./access/connect_limit.ts";
import { type AuthenticationStores, createAuthentication } from "./access/authentication.ts";
import { createRangeTest } from "./access/peer.ts";
import { createApp } from "./app.ts";
import type { ByteStream } from "./bridge/byte_stream.ts";
import { dial } from "./source/dial.ts";
import type { LoggedInAhead } from "./source/login.ts";
import type { Config, SourceConfig } from "./config/config.ts";
import { asPortholeError, PortholeError } from "./errors.ts";
import { type ConnectParts, connectSource, logInForLater, type LoginParts } from "./source/connect_source.ts";
import { LoginGuard } from "./source/login_guard.ts";
import { lookAtSource } from "./source/look_at_source.ts";
import { Prewarm } from "./source/prewarm.ts";
import { Turns } from "./source/turns.ts";
import { openPinFile } from "./source/pins.ts";
import { createTrust } from "./source/trust.ts";
import { makeClientKey } from "./rfb/security/ra2.ts";
import { join } from "node:path";
import { Prober } from "./source/prober.ts";
import { SessionRegistry } from "./session/registry.ts";
import type { Session, SessionEffects } from "./session/session.ts";
import type { Log } from "./telemetry/log.ts";
import type { PageParts } from "./web/pages.tsx";
import { type Audit, createAudit } from "./telemetry/audit.ts";
import { createMetrics, type Metrics } from "./telemetry/metrics.ts";
import type { Env } from "./web/env.ts";
import type { StaticFiles } from "./web/static_files.ts";

/** The configuration as it is now, and what is wrong with the newest edit. */
export interface LiveConfig {
  readonly current: Config;
  readonly problems: readonly string[];
}

/** What a gateway is made of. */
export interface GatewayOptions {
  live: LiveConfig;
  log: Log;
  version: string;
  /** How long a source may take to say its version; 10 s when left out. */
  versionMs?: number;
  staticFiles: StaticFiles;
  openDemo: () => ByteStream;
  /** The local CA, where there is one. */
  ca?: PageParts["ca"];
  warnings?: () => readonly string[];
  /** The machine's own name, under which it may be reached. */
  ownName?: string;
  /** What signing in remembers; without it, it ends with the process. */
  stores?: AuthenticationStores;
  /** The trail; without it, it ends with the process. */
  audit?: Audit;
  /** The clock of sign-ins, links and tokens. */
  now?: () => number;
}

/** A gateway without a listener. */
export interface Gateway {
  readonly app: Hono<Env>;
  readonly registry: SessionRegistry;
  readonly prober: Prober;
  readonly metrics: Metrics;
  readonly audit: Audit;
  /** What a person should know: that nobody has to sign in. */
  warnings(): readonly string[];
  /** Ends the sessions whose source went or changed, and keeps connections ready; the others do not notice. */
  applyConfig(): void;
  /** Tells every viewer to come back (1012) and waits until the last has gone; then no timer is left. */
  drain(): Promise<void>;
}

/** Makes a gateway. */
export function createGateway(options: GatewayOptions): Gateway {
  const { live, log, version, staticFiles, ca = () => undefined, warnings = () => [] } = options;
  const registry = new SessionRegistry();
  const metrics = createMetrics({
    liveBytes: () => registry.list().map((session) => session.count),
    prewarmed: () => prewarm.total,
  });
  const isDenied = memoize(() => live.current.gateway.denyNetworks, createRangeTest);
  const isTrusted = memoize(() => live.current.gateway.trustedProxies, createRangeTest);
  const limit = memoize(() => live.current.limits.connectsPerMinute, (perMinute) => createConnectLimit({ perMinute }));

  const authentication = createAuthentication({
    config: () => live.current,
    warn: (message, fields) => log.warn(message, fields),
    ...(options.stores ? { stores: options.stores } : {}),
    ...(options.now ? { now: options.now } : {}),
  });
  const audit = options.audit ?? createAudit();

  async function dialSource(source: SourceConfig, signal: AbortSignal): Promise<ByteStream> {
    const startedAt = performance.now();
    const outcome = await dial(source, { signal, openDemo: options.openDemo, isDenied: isDenied() })
      .catch((thrown) => asPortholeError(thrown));
    const failed = outcome instanceof PortholeError;
    metrics.dialed(failed ? outcome.code : "ok", (performance.now() - startedAt) / 1000);
    if (failed) throw outcome;
    return outcome;
  }

  const clientKey = once(makeClientKey);
  const login: LoginParts = {
    dial: dialSource,
    trust: createTrust({
      pins: openPinFile(join(live.current.gateway.dataDir, "pins.json")),
      onFirstUse: (source, fingerprint) =>
        log.info("Trusted on first use", { source, fingerprint: `sha256:${fingerprint}` }),
    }),
    getClientKey: clientKey,
    guard: new LoginGuard(),
    turns: new Turns(),
  };
  const prewarm = new Prewarm({
    logIn: (source, signal) => logInForLater(source, login, signal),
    roomFor: ({ name }) => live.current.limits.perSource - registry.countSource(name),
    log,
    onReady: noteReady,
  });
  const connect: ConnectParts = { ...login, prewarm, versionMs: options.versionMs };

  const prober = new Prober({
    isOpen: (name) => prewarm.count(name) > 0 || isOpen(registry, name),
    look: (source) => lookAtSource(source, login),
    onFinding: (source, finding) => log.info(`${source.name}: ${finding.detail}`),
  });

  const effects: SessionEffects = {
    connect: (session, signal) => connectSource(session, connect, signal),
    log,
    onState: noteState,
  };

  function noteState(session: Session): void {
    metrics.sessionsNow(Map.groupBy(registry.list(), ({ state }) => state));
    if (session.state === "open") noteOpened(session);
    if (session.state === "ended") noteEnded(session);
    if (session.state === "closing" && session.endedBy?.code.startsWith("vnc_")) {
      prober.learn(session.source, session.endedBy);
    }
  }

  function noteReady(source: SourceConfig, { version, security }: LoggedInAhead): void {
    if (prober.last(source).status === "up") return;
    prober.learn(source, { detail: `RFB ${version}, ${security}`, mode: "login" });
  }

  function noteOpened(session: Session): void {
    const { marks, opened, source } = session;
    metrics.sessionOpened((marks.openMs ?? 0) / 1000);
    audit.note({ event: "session_opened", ...describeSession(session), outcome: "ok" });
    if (!opened) return;
    const last = prober.last(source);
    // Where the viewer logs in, a look has seen more than the gateway sees pass.
    const keepsDetail = opened.mode === "pass_through" && last.status === "up";
    prober.learn(source, { detail: keepsDetail ? last.detail : opened.detail, mode: opened.mode });
  }

  function noteEnded(session: Session): void {
    const code = session.endedBy?.code ?? "internal";
    metrics.sessionEnded(code, session.count);
    prewarm.fill(session.source.name);
    const { upBytes, downBytes } = session.count;
    const seconds = (Date.now() - session.startedAtMs) / 1000;
    const bytes = { seconds, up_bytes: upBytes, down_bytes: downBytes };
    audit.note({ event: "session_ended", ...describeSession(session), outcome: code, ...bytes });
  }

  const app = createApp({
    authentication,
    audit,
    access: authentication.access,
    onRefused: (code) => metrics.refused(code),
    endUnpermitted: () => registry.endUnpermitted(),
    registry,
    prober,
    effects,
    metrics,
    log,
    version,
    staticFiles,
    ca,
    warnings,
    config: () => live.current,
    problems: () => live.problems,
    forgive,
    ...(options.ownName === undefined ? {} : { ownName: options.ownName }),
    isTrustedProxy: (address) => isTrusted()(address),
    connectLimit: () => limit(),
  });

  function forgive(name: string): void {
    login.guard.forgive(name);
    prewarm.retry(name);
  }

  function applyConfig(): void {
    registry.endUnpermitted();
    dropChangedSources(live.current, registry, prober);
    prewarm.keep(live.current.sources);
  }

  async function drain(): Promise<void> {
    await Promise.all([registry.drain(), prewarm.close()]).finally(() => {
      limit().close();
      authentication.close();
    });
  }

  return {
    app,
    registry,
    prober,
    metrics,
    audit,
    warnings,
    applyConfig,
    drain,
  };
}

function isOpen(registry: SessionRegistry, name: string): boolean {
  return registry.list().some(({ source, state }) => source.name === name && state === "open");
}

function describeSession({ id, source, user }: Session) {
  return { session: id, who: user.name, from: user.address, what: source.name };
}

function dropChangedSources({ sources }: Config, registry: SessionRegistry, prober: Prober): void {
  prober.keepOnly(sources);
  registry.endWhere(
    ({ source }) => !sources.has(source.name),
    new PortholeError("source_removed", "This source was taken out of the configuration"),
  );
  registry.endWhere(
    ({ source }) => sources.get(source.name) !== source,
    new PortholeError("source_changed", "The configuration of this source has changed; it will be back in a moment"),
  );
}

/** Makes a thing when it is first asked for. */
function once<Thing>(make: () => Promise<Thing>): () => Promise<Thing> {
  let thing: Promise<Thing> | undefined;
  return () => thing ??= make();
}

/** Makes a thing anew only when what it is made from has changed. */
function memoize<From, Thing>(from: () => From, make: (from: From) => Thing): () => Thing {
  let last = from();
  let thing = make(last);
  return () => {
    const now = from();
    if (now !== last) thing = make(last = now);
    return thing;
  };
}
