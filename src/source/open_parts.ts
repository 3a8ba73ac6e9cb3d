/** The parts that opening a source needs. */
import type { SourceConfig } from "../config/config.ts";
import type { Dial } from "./dial/dial.ts";
import type { Prewarm } from "./prewarm.ts";
import type { SourceLogin } from "./source_login.ts";

/** The parts of one source. */
export interface OpenParts {
  readonly source: SourceConfig;
  readonly dial: Dial;
  readonly login: SourceLogin;
  /** Connections that are already logged in. */
  readonly prewarm: Pick<Prewarm, "open">;
  /** How long a source may take to send its version; 10 s by default. */
  readonly versionMs?: number | undefined;
}
