/** The sources of a gateway, as the configuration has them now. */
import type { SourceConfig } from "../config/config.ts";
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

  /** How many connections are logged in and wait for a viewer, in all. */
  get prewarmed(): number {
    return this.#sources.values().reduce((sum, { prewarmed }) => sum + prewarmed, 0);
  }

  /**
   * The source of this configuration. One that a request began with and that has changed since gets a Source of its own,
   * which nobody else shares.
   */
  get(config: SourceConfig): Source {
    const known = this.#sources.get(config.name);
    if (known?.config === config) return known;
    const source = new Source(config, this.#parts);
    if (this.#configured().get(config.name) !== config) return source;
    this.#sources.set(config.name, source);
    known?.close();
    return source;
  }

  /** Follows the configuration: lets go of sources that changed or went, and begins to keep connections ready. */
  apply(): void {
    if (this.#closed) return;
    const configured = this.#configured();
    for (const [name, source] of this.#sources) if (!configured.has(name)) this.#drop(source);
    for (const config of configured.values()) this.get(config).beginPrewarm();
  }

  /** Tops up the connections that are kept ready for the source of this name: a session has left room. */
  fillPrewarm(name: string): void {
    this.#sources.get(name)?.fillPrewarm();
  }

  /** Closes every connection that is kept ready and begins no more; resolves when nothing is left. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#sources.values()].map((source) => source.close()));
  }

  #drop(source: Source): void {
    this.#sources.delete(source.name);
    source.close();
  }
}
