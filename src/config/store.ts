/** The configuration in force, swapped whole when a better one is read, and kept when a worse one is. */
import type { Config, Gateway, SourceConfig } from "./config.ts";
import { freezeDeeply } from "./freeze.ts";
import type { Loaded } from "./load.ts";
import { ConfigError, type Problem } from "./problem.ts";
import { isSame } from "./same.ts";

/** What a reload came to. */
export type ConfigEvent =
  | {
    readonly kind: "swapped";
    readonly config: Config;
    /** Names of sources. */
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly changed: readonly string[];
    /** Sentences on what was changed in the file but takes a restart. */
    readonly restart: readonly string[];
  }
  | { readonly kind: "refused"; readonly problems: readonly Problem[] };

/** Holds the configuration in force. */
export interface ConfigStore extends Disposable {
  readonly current: Config;
  /** Why the last reload was refused; empty while the file and the configuration in force agree. */
  readonly problems: readonly Problem[];
  /** Sentences on what the file says but only a restart can bring; empty when there is nothing. */
  readonly restart: readonly string[];
  /** What works today and will not in a later release. */
  readonly warnings: readonly Problem[];
  /** Absolute paths of the files whose change may change the configuration. */
  readonly files: readonly string[];
  /** Calls back after every swap and every refusal that says something new. Gives back the way to stop. */
  subscribe(listener: (event: ConfigEvent) => void): () => void;
  /** Reads everything again. Never rejects: what is wrong is in `problems`. Calls during a reload share the next one. */
  reload(): Promise<void>;
}

/** A store that begins with what was loaded at start. Listener, TLS mode, base path and data folder stay as they began. */
export function createConfigStore(initial: Loaded, load: () => Promise<Loaded>): ConfigStore {
  const listeners = new Set<(event: ConfigEvent) => void>();
  let { config: current, files, warnings } = initial;
  let problems: readonly Problem[] = [];
  let restart: readonly string[] = [];
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  /** A listener that throws must not keep the others, or the reload, from going on. */
  function emit(event: ConfigEvent): void {
    for (const listener of [...listeners]) {
      try {
        listener(event);
      } catch (error) {
        reportError(error);
      }
    }
  }

  function accept(loaded: Loaded): void {
    ({ files, warnings } = loaded);
    const config = keepUnchanged(current, pinGateway(loaded.config, initial.config.gateway));
    const needed = listRestarts(initial.config.gateway, loaded.config.gateway);
    const isNews = config !== current || problems.length > 0 || !isSame(needed, restart);
    const event = { kind: "swapped", config, ...compareSources(current, config), restart: needed } as const;
    [current, problems, restart] = [config, [], needed];
    if (isNews) emit(event);
  }

  function refuse(error: unknown): void {
    const found = error instanceof ConfigError ? error : describeFailure(error);
    files = [...new Set([...found.files, ...files])];
    if (isSame(found.problems, problems)) return;
    problems = found.problems;
    emit({ kind: "refused", problems });
  }

  async function run(): Promise<void> {
    try {
      accept(await load());
    } catch (error) {
      refuse(error);
    }
  }

  function start(): Promise<void> {
    next = undefined;
    return running = run().finally(() => running = undefined);
  }

  return {
    get current() {
      return current;
    },
    get problems() {
      return problems;
    },
    get restart() {
      return restart;
    },
    get files() {
      return files;
    },
    get warnings() {
      return warnings;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    reload() {
      if (running === undefined) return start();
      return next ??= running.then(start);
    },
    [Symbol.dispose]() {
      listeners.clear();
    },
  };
}

/** Settings that are bound when the program starts, with the name of each in sources.yaml. */
const BOUND: readonly (readonly [keyof Gateway, string])[] = [
  ["listen", "gateway.listen"],
  ["tls", "gateway.tls"],
  ["redirect", "gateway.redirect"],
  ["basePath", "gateway.base_path"],
  ["dataDir", "gateway.data"],
  ["audit", "gateway.audit"],
];

/** The configuration as it can be in force: bound settings as they were at start. */
function pinGateway(config: Config, started: Gateway): Config {
  const { redirect: _, ...rest } = config.gateway;
  const { listen, tls, basePath, dataDir, redirect } = started;
  const gateway = { ...rest, listen, tls, basePath, dataDir, ...(redirect && { redirect }) };
  return { ...config, gateway };
}

function listRestarts(started: Gateway, asked: Gateway): string[] {
  return BOUND.filter(([key]) => !isSame(started[key], asked[key]))
    .map(([, name]) => `${name} was changed: that takes a restart, until then it stays as it was`);
}

/** Takes over what did not change, so that comparing references tells what did. */
function keepUnchanged(old: Config, config: Config): Config {
  if (isSame(old, config)) return old;
  const keep = <T>(before: T | undefined, after: T): T =>
    before !== undefined && isSame(before, after) ? before : after;
  const sources = new Map<string, SourceConfig>();
  for (const [name, source] of config.sources) sources.set(name, keep(old.sources.get(name), source));
  return freezeDeeply({
    gateway: keep(old.gateway, config.gateway),
    auth: keep(old.auth, config.auth),
    limits: keep(old.limits, config.limits),
    sources,
  });
}

function compareSources(old: Config, config: Config) {
  const [before, after] = [old.sources, config.sources];
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    changed: [...after.keys()].filter((name) => before.has(name) && before.get(name) !== after.get(name)),
  };
}

function describeFailure(error: unknown): ConfigError {
  return new ConfigError([{ path: "", message: `Cannot load it: ${error instanceof Error ? error.name : "failed"}` }]);
}
