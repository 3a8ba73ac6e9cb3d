/** The parts that opening a source needs. */
import type { SetTimer } from "../async/timer.ts";
import type { SourceConfig } from "../config/config.ts";
import type { AddressMemory } from "./address_memory.ts";
import type { Dial } from "./dial/dial.ts";
import type { Prewarm } from "./prewarm.ts";
import type { SourceLogin } from "./source_login.ts";

/** The parts of one source. */
export interface OpenParts {
  /** The settings in force. */
  readonly source: SourceConfig;
  readonly dial: Dial;
  readonly login: SourceLogin;
  /** What is remembered of the address. */
  readonly memory: AddressMemory;
  /** Connections that are already logged in. */
  readonly prewarm: Pick<Prewarm, "open">;
  readonly setTimer?: SetTimer | undefined;
}
