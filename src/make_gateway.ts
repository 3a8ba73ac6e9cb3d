/** A gateway on the configuration of a command line, without listeners. The environment comes in from main.ts or worker.ts. */
import { join } from "node:path";
import type { DescribeCommand } from "./config/command_hint.ts";
import type { Command } from "./config/command_line.ts";
import type { Config } from "./config/config.ts";
import { warnOfExposure } from "./config/exposure.ts";
import { LiveConfig } from "./config/live_config.ts";
import { loadConfig } from "./config/load.ts";
import { formatProblem } from "./config/problem.ts";
import { createTokenRefresh } from "./config/token_refresh.ts";
import { createDemo } from "./demo/connect.ts";
import type { FileReader } from "./files/file_reader.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import { openFileStores } from "./store/file_stores.ts";
import type { Stores } from "./store/store.ts";
import { type Audit, openAudit } from "./telemetry/audit.ts";
import type { AuditSink } from "./telemetry/audit_sink.ts";
import type { Log } from "./telemetry/log.ts";
import type { CertificateSource } from "./tls/certificate.ts";
import type { Serve } from "./tls/server.ts";
import { readStaticFiles } from "./web/static_files.ts";

/** What main.ts provides; worker.ts has no `serve`. */
export interface StartParts {
  command: Command & { kind: "start" | "check" | "link" };
  env: (name: string) => string | undefined;
  log: Log;
  /** Reads every file that the configuration names. */
  reader: FileReader;
  version: string;
  /** The line to type for a command, as this program was called. */
  describeCommand?: DescribeCommand;
  /** Number of lines of the log that were lost. */
  lostLogLines?: () => number;
  /** The folder of the program. */
  root: URL;
  serve: Serve;
}

/** The parts that only a gateway with listeners has. */
export interface GatewayExtras {
  readonly certificate?: CertificateSource | undefined;
  readonly sink?: AuditSink | undefined;
  readonly stores?: Stores;
}

/** Loads the configuration, which can reload itself. @throws ConfigError */
export async function openConfig(parts: Omit<StartParts, "log" | "version" | "root" | "serve">): Promise<LiveConfig> {
  const { command, env, reader, describeCommand } = parts;
  const { file, overrides } = command;
  const load = () =>
    loadConfig({
      ...(file === undefined ? {} : { file }),
      overrides,
      env,
      reader,
      ...(describeCommand && { describeCommand }),
    });
  return new LiveConfig(await load(), load);
}

/** Makes a gateway from the configuration, without listeners. */
export async function makeGateway(
  parts: Omit<StartParts, "serve">,
  live: LiveConfig,
  extras: GatewayExtras = {},
): Promise<Gateway> {
  const { log, reader, version, root, command, describeCommand } = parts;
  const { tokenFiles = [] } = command.overrides;
  const demo = createDemo({ onError: (error) => log.debug("Demo connection ended", { cause: String(error) }) });
  return createGateway({
    live: {
      get current() {
        return live.current;
      },
      get problems() {
        return [...live.problems.map(formatProblem), ...live.restart];
      },
      ...(tokenFiles.length > 0 && { refreshTokens: createTokenRefresh({ live, reader, paths: tokenFiles }) }),
    },
    log,
    version,
    staticFiles: await readStaticFiles(new URL("static/", root)),
    openDemo: () => demo.connect(),
    about: {
      ca: () => describeCa(extras.certificate),
      warnings: () => [warnOfExposure(live.current.gateway, live.current.auth)].filter((text) => text !== undefined),
      ownName: Deno.hostname(),
      lostLines: () => ({
        log: parts.lostLogLines?.() ?? 0,
        ...(extras.sink && { audit_url: extras.sink.dropped }),
      }),
      ...(describeCommand && { describeCommand }),
    },
    stores: extras.stores ?? openStores(live.current, log),
    ...(command.kind === "start" ? { audit: await openAuditLog(live.current, parts, extras.sink) } : {}),
  });
}

/** Opens the stores of sign-ins, share links and pins in the data folder; its owner is the process that has locked it. */
export function openStores({ gateway }: Config, log: Log, { isOwner = false } = {}): Stores {
  return openFileStores({
    folder: gateway.dataDir,
    isOwner,
    tell: (level, sentence, cause) => log[level](sentence, cause === undefined ? {} : { cause: String(cause) }),
  });
}

function openAuditLog(
  { gateway }: Config,
  { log, reader }: Pick<StartParts, "log" | "reader">,
  sink?: AuditSink,
): Promise<Audit> {
  const onFault = (cause: string) => log.error("Cannot write the audit log; trying again", { cause });
  return openAudit({ path: join(gateway.dataDir, "audit.log"), reader, sink: sink?.send, onFault });
}

function describeCa(certificate?: CertificateSource) {
  if (certificate?.current.caPem === undefined) return undefined;
  return { pem: certificate.current.caPem, fingerprint256: certificate.current.caFingerprint256 };
}
