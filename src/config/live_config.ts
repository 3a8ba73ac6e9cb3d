/** The configuration in force, replaced as a whole by the next valid one. */
import { createGiveWay } from "../async/give_way.ts";
import type { Config, Gateway, SourceConfig } from "./config.ts";
import { freezeDeeply } from "./freeze.ts";
import type { Loaded } from "./load.ts";
import { ConfigError, type Problem } from "./problem.ts";
import { isSame } from "./same.ts";

/** The result of a reload. */
export type ConfigEvent =
  | SourceChanges & {
    readonly kind: "swapped";
    readonly config: Config;
    /** A sentence for each changed setting that needs a restart. */
    readonly restart: readonly string[];
  }
  | { readonly kind: "refused"; readonly problems: readonly Problem[] };

type Listener = (event: ConfigEvent) => void;

/** The configuration in force. The settings in BOUND keep the values that they had at the start. */
export class LiveConfig implements Disposable {
  readonly #listeners = new Set<Listener>();
  readonly #started: Gateway;
  readonly #load: () => Promise<Loaded>;
  #current: Config;
  #files: readonly string[];
  #warnings: readonly Problem[];
  #problems: readonly Problem[] = [];
  #restart: readonly string[] = [];
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(initial: Loaded, load: () => Promise<Loaded>) {
    this.#started = initial.config.gateway;
    this.#load = load;
    ({ config: this.#current, files: this.#files, warnings: this.#warnings } = initial);
  }

  get current(): Config {
    return this.#current;
  }

  /** Why the last reload was refused; empty after one that was accepted. */
  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** A sentence for each setting whose new value needs a restart. */
  get restart(): readonly string[] {
    return this.#restart;
  }

  /** Renamed keys, which the next release will refuse, and lines of token files that are left out. */
  get warnings(): readonly Problem[] {
    return this.#warnings;
  }

  /** Absolute paths of the files whose change may change the configuration. */
  get files(): readonly string[] {
    return this.#files;
  }

  /** Calls back after every swap, and after every refusal with new problems. Returns a function that unsubscribes. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Reads everything again. Never rejects: see `problems`. All calls during a reload share one further reload. */
  reload(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    return this.#next ??= this.#running.then(() => this.#start());
  }

  [Symbol.dispose](): void {
    this.#listeners.clear();
  }

  #start(): Promise<void> {
    this.#next = undefined;
    return this.#running = this.#run().finally(() => this.#running = undefined);
  }

  async #run(): Promise<void> {
    try {
      await this.#accept(await this.#load());
    } catch (error) {
      this.#refuse(error instanceof ConfigError ? error : describeFailure(error));
    }
  }

  async #accept(loaded: Loaded): Promise<void> {
    const before = this.#current;
    const { config, changes } = await keepUnchanged(before, pinGateway(loaded.config, this.#started));
    const restart = listRestarts(this.#started, loaded.config.gateway);
    const isNews = config !== before || this.#problems.length > 0 || !isSame(restart, this.#restart) ||
      !isSame(loaded.warnings, this.#warnings);
    ({ files: this.#files, warnings: this.#warnings } = loaded);
    [this.#current, this.#problems, this.#restart] = [config, [], restart];
    if (isNews) this.#emit({ kind: "swapped", config, ...changes, restart });
  }

  #refuse({ problems, files }: ConfigError): void {
    this.#files = [...new Set([...files, ...this.#files])];
    if (isSame(problems, this.#problems)) return;
    this.#problems = problems;
    this.#emit({ kind: "refused", problems });
  }

  /** A listener that throws must not stop the others, or the reload. */
  #emit(event: ConfigEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        reportError(error);
      }
    }
  }
}

/** Settings that only a restart applies, with the key of each in sources.yaml. */
const BOUND: readonly (readonly [keyof Gateway, string])[] = [
  ["listen", "gateway.listen"],
  ["tls", "gateway.tls"],
  ["redirect", "gateway.redirect"],
  ["basePath", "gateway.base_path"],
  ["dataDir", "gateway.data"],
  ["audit", "gateway.audit"],
];

/** The configuration, with the settings in BOUND as they were at the start. */
function pinGateway(config: Config, started: Gateway): Config {
  const isBound = (key: string) => BOUND.some(([bound]) => bound === key);
  const pinned = Object.entries(started).filter(([key]) => isBound(key));
  const free = Object.entries(config.gateway).filter(([key]) => !isBound(key));
  return { ...config, gateway: Object.fromEntries([...free, ...pinned]) as unknown as Gateway };
}

function listRestarts(started: Gateway, asked: Gateway): string[] {
  return BOUND.filter(([key]) => !isSame(started[key], asked[key]))
    .map(([, name]) => `${name} changed; restart to apply`);
}

/** The names of the sources that differ. */
interface SourceChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** The new configuration, with unchanged parts taken from the old one, so that comparing references finds changes. */
async function keepUnchanged(old: Config, config: Config): Promise<{ config: Config; changes: SourceChanges }> {
  const { sources, changes } = await keepSources(old.sources, config.sources);
  const kept = {
    gateway: keep(old.gateway, config.gateway),
    auth: keep(old.auth, config.auth),
    limits: keep(old.limits, config.limits),
    sources,
  };
  const isOld = kept.gateway === old.gateway && kept.auth === old.auth && kept.limits === old.limits &&
    sources === old.sources;
  return { config: isOld ? old : freezeDeeply(kept), changes };
}

async function keepSources(old: Config["sources"], next: Config["sources"]) {
  const [sources, giveWay] = [new Map<string, SourceConfig>(), createGiveWay()];
  const [added, changed]: [string[], string[]] = [[], []];
  for (const [name, source] of next) {
    await giveWay();
    const before = old.get(name);
    sources.set(name, keep(before, source));
    if (before === undefined) added.push(name);
    else if (sources.get(name) !== before) changed.push(name);
  }
  const removed = [...old.keys()].filter((name) => !next.has(name));
  const isOld = added.length + changed.length + removed.length === 0 && isSame([...old.keys()], [...next.keys()]);
  return { sources: isOld ? old : sources, changes: { added, removed, changed } };
}

function keep<T>(before: T | undefined, after: T): T {
  return before !== undefined && isSame(before, after) ? before : after;
}

function describeFailure(error: unknown): ConfigError {
  return new ConfigError([{
    path: "",
    message: `Cannot load the configuration: ${error instanceof Error ? error.name : "failed"}`,
  }]);
}
