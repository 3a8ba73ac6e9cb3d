/** The services that routes use: the gateway makes them once, and `createApp` puts them into each request's context. */
import type { Authentication } from "../access/authentication.ts";
import type { ConnectLimit } from "../access/connect_limit.ts";
import type { MinuteLog } from "../access/minute_log.ts";
import type { DescribeCommand } from "../config/command_hint.ts";
import type { Config } from "../config/config.ts";
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
  /**
   * Reads token files that have changed, and gives the configuration that is then in force. Absent where there are no
   * token files.
   */
  readonly readTokensAgain?: (() => Promise<Config>) | undefined;
}

/** Live sessions, and the limit on new ones. */
export interface Sessions {
  readonly registry: SessionRegistry;
  /** The limit on new connections. */
  readonly connectLimit: ConnectLimit;
}

/** Reports to the gateway's operators. */
export interface Telemetry {
  readonly log: Log;
  /** Warns of a sender at most once a minute. */
  readonly warnRarely: MinuteLog;
  readonly metrics: Metrics;
  readonly audit: Audit;
}

/** Facts about the gateway itself. */
export interface About {
  readonly version: string;
  /** The problems of the latest edit of sources.yaml and of the data folder, and what happened lately. */
  problems(): readonly string[];
  /** Number of changes that are in effect but not stored. */
  unsaved(): number;
  /** Warnings for every user, such as that nobody has to sign in. */
  warnings(): readonly string[];
  /** The line to type for a command on the gateway's machine. It may hold paths of that machine. */
  readonly describeCommand: DescribeCommand;
  /** The local CA; undefined where an administrator supplied the certificate, or there is none. */
  ca(): { readonly pem: string; readonly fingerprint256: string | undefined } | undefined;
}
