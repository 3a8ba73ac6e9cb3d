/** What routes use: made once by the gateway, put by `createApp` into the context of each request. */
import type { Authentication } from "../access/authentication.ts";
import type { ConnectLimit } from "../access/connect_limit.ts";
import type { SessionRegistry } from "../session/registry.ts";
import type { Sources } from "../source/sources.ts";
import type { Audit } from "../telemetry/audit.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** A route takes what it needs from `c.var`. */
export interface Services {
  readonly authentication: Authentication;
  readonly sessions: Sessions;
  readonly sources: Sources;
  readonly telemetry: Telemetry;
  readonly about: About;
}

/** Live sessions, and the limit on new ones. */
export interface Sessions {
  readonly registry: SessionRegistry;
  /** The limit on new connections, as the configuration has it now. */
  connectLimit(): ConnectLimit;
}

/** What the gateway reports to its operators. */
export interface Telemetry {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly audit: Audit;
}

/** What the gateway tells about itself. */
export interface About {
  readonly version: string;
  /** What is wrong with the newest edit of sources.yaml. */
  problems(): readonly string[];
  /** What every user should know, such as that nobody has to sign in. */
  warnings(): readonly string[];
  /** The local CA; undefined where an administrator supplied the certificate, or there is none. */
  ca(): { readonly pem: string; readonly fingerprint256: string | undefined } | undefined;
}
