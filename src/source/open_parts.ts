/** The parts that opening a source takes. */
import type { SourceConfig } from "../config/config.ts";
import type { Dial } from "./dial/dial.ts";
import type { Prewarm } from "./prewarm.ts";
import type { SourceLogin } from "./source_login.ts";

/** What opening one source needs. */
export interface OpenParts {
  readonly source: SourceConfig;
  readonly dial: Dial;
  readonly login: SourceLogin;
  /** Connections that are logged in already. */
  readonly prewarm: Pick<Prewarm, "open">;
  /** How long a source may take to say its version; 10 s when left out. */
  readonly versionMs?: number | undefined;
}
