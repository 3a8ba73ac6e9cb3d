/** The program: reads flags and the environment, runs one command and handles signals. */
import manifest from "./deno.json" with { type: "json" };
import { askSecret, NoSecret, type Terminal } from "./src/access/ask_secret.ts";
import { describeNewToken } from "./src/access/bearer.ts";
import { hashPassword } from "./src/access/password.ts";
import { type Command, parseCommandLine, UsageError } from "./src/config/command_line.ts";
import { helpText } from "./src/config/flags.ts";
import { exampleYaml } from "./src/config/init.ts";
import { describeInvocation } from "./src/config/invocation.ts";
import { ConfigError, formatProblem } from "./src/config/problem.ts";
import { createFileReader, FileFault } from "./src/files/file_reader.ts";
import { PortholeError } from "./src/errors.ts";
import { makeGateway, openConfig, type StartParts } from "./src/make_gateway.ts";
import { NoLoginLink, renewLoginLink, type Running, start } from "./src/start.ts";
import { DataFolderError } from "./src/store/store.ts";
import { catchStrays } from "./src/telemetry/catch_strays.ts";
import { createLog, type Log } from "./src/telemetry/log.ts";
import { CertificateError } from "./src/tls/certificate.ts";
import { ListenError } from "./src/tls/server.ts";

const ROOT = new URL("./", import.meta.url);
const { version } = manifest;

/** Exit codes: success, failed start or check, wrong usage. */
const OK = 0;
const FAILED = 1;
const USAGE = 2;

/** Most sources that are probed at the start; others are when somebody looks at them. */
const MOST_FIRST_PROBES = 500;

const env = (name: string) => Deno.env.get(name);

const invocation = describeInvocation({
  args: Deno.args,
  env,
  main: new URL(import.meta.url),
  workingFolder: Deno.cwd(),
  hasAllPermissions: (["run", "ffi"] as const).every((name) =>
    Deno.permissions.querySync({ name }).state === "granted"
  ),
  isWindows: Deno.build.os === "windows",
});
const describeCommand = invocation.describe;

const TERMINAL: Terminal = {
  isTerminal: () => Deno.stdin.isTerminal(),
  setRaw: (raw) => Deno.stdin.setRaw(raw),
  read: (buffer) => Deno.stdin.read(buffer),
  write: (text) => void Deno.stderr.writeSync(new TextEncoder().encode(text)),
};

/** Runs one command; returns its exit code, or undefined while the gateway runs. */
async function run(args: readonly string[]): Promise<number | undefined> {
  const command = parseCommandLine(args, env);
  switch (command.kind) {
    case "help":
      console.log(helpText(version, invocation.program));
      return OK;
    case "version":
      console.log(version);
      return OK;
    case "init":
      return await init(command.file);
    case "check":
      return await check(makeParts(command));
    case "link":
      console.log(await renewLoginLink(makeParts(command)));
      return OK;
    case "hash":
      console.log(await hashPassword(await askSecret("Password: ", TERMINAL)));
      return OK;
    case "token":
      console.log(describeNewToken());
      return OK;
    case "start":
      await startUntilSignal(makeParts(command));
      return undefined;
  }
}

function makeParts(command: Command & { kind: "start" | "check" | "link" }): StartParts {
  const level = command.verbose ? "debug" : "info";
  const log = createLog({ format: command.log, level, write: (line) => console.error(line) });
  return { command, env, describeCommand, log, reader: createFileReader(), version, root: ROOT, serve: Deno.serve };
}

async function startUntilSignal(parts: StartParts): Promise<void> {
  catchStrays(parts.log);
  const running = await start(parts);
  if (running.login !== undefined) console.log(running.login);
  console.log(`porthole ready ${running.url}`);
  const { gateway, live } = running;
  for (const warning of gateway.warnings()) parts.log.warn(warning);
  for (const source of live.current.sources.values().take(MOST_FIRST_PROBES)) gateway.sources.get(source).probe();
  stopOnSignal(running, parts.log);
  const reason = await running.failed;
  parts.log.error(`Stopping: ${reason}`);
  await running.stop();
  Deno.exit(FAILED);
}

function stopOnSignal(running: Running, log: Log): void {
  let stopping = false;
  const stop = async () => {
    if (stopping) return Deno.exit(FAILED);
    stopping = true;
    log.info("Stopping");
    await running.stop();
    Deno.exit(OK);
  };
  Deno.addSignalListener("SIGTERM", stop);
  Deno.addSignalListener("SIGINT", stop);
  if (Deno.build.os === "windows") return;
  Deno.addSignalListener("SIGHUP", () => running.live.reload());
  Deno.addSignalListener("SIGUSR2", () => void running.openValve());
}

/** Probes every source and prints a line for each. */
async function check(parts: StartParts): Promise<number> {
  const live = await openConfig(parts);
  const gateway = await makeGateway({ ...parts, log: createLog({ level: "error", write: () => {} }) }, live);
  for (const warning of live.warnings) console.error(formatProblem(warning));
  const sources = [...live.current.sources.values()];
  let failed = false;
  const probes = sources.map((source) => ({ source, finding: gateway.sources.get(source).probe({ asked: true }) }));
  for (const { source, finding } of probes) {
    const { status, detail, warning } = await finding;
    console.log(`${source.name}: ${detail}`);
    if (warning !== undefined) console.error(`${source.name}: ${warning}`);
    failed ||= status === "down";
  }
  // What was learned of the servers must be written before the process ends.
  await gateway.drain();
  return failed ? FAILED : OK;
}

async function init(file: string): Promise<number> {
  try {
    await Deno.writeTextFile(file, exampleYaml(describeCommand), { createNew: true });
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.AlreadyExists)) {
      // A full disk leaves an empty file, which the next try would take for an existing one.
      await Deno.remove(file).catch(() => {});
      throw thrown;
    }
    console.error(`${file} already exists; it was not changed`);
    return FAILED;
  }
  console.log(`Wrote ${file}. Start with: ${describeCommand("start")}`);
  return OK;
}

/** Errors whose message is for the operator. */
const EXPECTED = [
  ConfigError,
  DataFolderError,
  PortholeError,
  CertificateError,
  ListenError,
  FileFault,
  NoSecret,
  NoLoginLink,
  Deno.errors.NotCapable,
];

/** Whether a system call has failed: its message says which one, on what, and why. */
function isOfSystem(thrown: unknown): boolean {
  return /^E[A-Z0-9]+$/.test(String((thrown as { code?: unknown } | null)?.code));
}

function explain(thrown: unknown): number {
  if (thrown instanceof UsageError) {
    console.error(
      thrown.saysWhatToWrite ? thrown.message : `${thrown.message}\n\nFor help: ${describeCommand("--help")}`,
    );
    return USAGE;
  }
  const isExpected = EXPECTED.some((kind) => thrown instanceof kind) || isOfSystem(thrown);
  console.error(thrown instanceof Error && isExpected ? thrown.message : thrown);
  return FAILED;
}

if (import.meta.main) {
  const code = await run(Deno.args).catch(explain);
  if (code !== undefined) Deno.exit(code);
}
