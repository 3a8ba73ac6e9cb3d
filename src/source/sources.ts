/** The sources of a gateway, by the current configuration. */
import type { SourceConfig } from "../config/config.ts";
import { canTakeUp } from "../config/taken_up.ts";
import { type Finding, NOT_PROBED } from "./prober.ts";
import { Source, type SourceParts } from "./source.ts";

/** Keeps one Source for each source of the configuration. */
export class Sources {
  readonly #parts: SourceParts;
  readonly #configured: () => ReadonlyMap<string, SourceConfig>;
  readonly #sources = new Map<string, Source>();
  #closed = false;

  /** @param configured the sources of the configuration that is in force. */
  constructor(configured: () => ReadonlyMap<string, SourceConfig>, parts: SourceParts) {
    this.#configured = configured;
    this.#parts = parts;
  }

  /** Number of connections of all sources that are logged in and wait for a viewer. */
  get prewarmed(): number {
    return this.#sources.values().reduce((sum, { prewarmed }) => sum + prewarmed, 0);
  }

  /**
   * The Source for this configuration: the one that there is, if it can take it up. If the configuration has changed since
   * a request began, and the Source with it, the request gets a Source of its own.
   */
  get(config: SourceConfig): Source {
    const known = this.#sources.get(config.name);
    const isInForce = this.#configured().get(config.name) === config;
    if (known && (isInForce ? known.takeUp(config) : canTakeUp(known.config, config))) return known;
    const source = new Source(config, this.#parts);
    if (!isInForce) return source;
    this.#sources.set(config.name, source);
    known?.close();
    return source;
  }

  /** The latest finding about a source, without a probe. A long list must not make a Source of each. */
  findingOf(config: SourceConfig): Finding {
    const known = this.#sources.get(config.name);
    return known?.config === config ? known.finding : NOT_PROBED;
  }

  /** Applies the configuration: closes sources that cannot go on with it, and begins to keep connections ready. */
  apply(): void {
    if (this.#closed) return;
    const configured = this.#configured();
    for (const [name, source] of this.#sources) if (!configured.has(name)) this.#drop(source);
    this.#parts.addresses.keepOnly(configured.values().map(({ target }) => target));
    for (const config of configured.values()) {
      if (config.prewarm > 0 || this.#sources.has(config.name)) this.get(config).beginPrewarm();
    }
  }

  /** Tops up the connections that are kept ready for this source, because a session has left room. */
  fillPrewarm(name: string): void {
    this.#sources.get(name)?.fillPrewarm();
  }

  /** Closes every connection that is kept ready and makes no new ones; resolves when all are closed. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#sources.values()].map((source) => source.close()));
  }

  #drop(source: Source): void {
    this.#sources.delete(source.name);
    source.close();
  }
}
