/** The services that routes use: the gateway makes them once, and `createApp` puts them into each request's context. */
import type { Authentication } from "../access/authentication.ts";
import type { ConnectLimit } from "../access/connect_limit.ts";
import type { MinuteLog } from "../access/minute_log.ts";
import type { ResumableViewer } from "../bridge/resumable_viewer.ts";
import type { Unacknowledged } from "../bridge/unacknowledged.ts";
import type { DescribeCommand } from "../config/command_hint.ts";
import type { Config } from "../config/config.ts";
import type { SessionRegistry } from "../session/registry.ts";
import type { Session } from "../session/session.ts";
import type { WaysBack } from "../session/ways_back.ts";
import type { Sources } from "../source/sources.ts";
import type { Audit } from "../telemetry/audit.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { WaitingLinks } from "./viewer/waiting_links.ts";

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

/** Live sessions, the limit on new ones, and what viewers need to come back to theirs. */
export interface Sessions {
  readonly registry: SessionRegistry;
  /** The limit on new connections. */
  readonly connectLimit: ConnectLimit;
  readonly waysBack: WaysBack<ResumableSession>;
  /** The limit on wrong tokens of viewers that come back. */
  readonly wrongTokens: ConnectLimit;
  /** The limit on WebSockets that have not said their token. */
  readonly waitingLinks: WaitingLinks;
  /** The memory for what viewers have not acknowledged. */
  readonly unacknowledged: Unacknowledged;
}

/** A session whose viewer may come back. */
export interface ResumableSession {
  readonly session: Session;
  readonly viewer: ResumableViewer;
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
