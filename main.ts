/** The program: reads flags and the environment, runs one command and handles signals. */
import manifest from "./deno.json" with { type: "json" };
import { askSecret, NoSecret, type Terminal } from "./src/access/ask_secret.ts";
import { describeNewToken } from "./src/access/bearer.ts";
import { hashPassword } from "./src/access/password.ts";
import { waitAtMost } from "./src/async/wait_at_most.ts";
import { parseCommandLine, UsageError } from "./src/config/command_line.ts";
import { helpText } from "./src/config/flags.ts";
import { exampleYaml } from "./src/config/init.ts";
import { describeInvocation } from "./src/config/invocation.ts";
import { ConfigError, formatProblem } from "./src/config/problem.ts";
import { createFileReader, FileFault } from "./src/files/file_reader.ts";
import { PortholeError } from "./src/errors.ts";
import { makeGateway, openConfig, type StartParts } from "./src/make_gateway.ts";
import { NoLoginLink, renewLoginLink, type Running, start } from "./src/start.ts";
import { DataFolderError } from "./src/store/store.ts";
import { catchConsole, catchStrays } from "./src/telemetry/catch_strays.ts";
import { escapeLines } from "./src/telemetry/escape.ts";
import { createLineWriter } from "./src/telemetry/line_writer.ts";
import { createLog, type Log } from "./src/telemetry/log.ts";
import { openStderrLog } from "./src/telemetry/stderr_log.ts";
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
/**
 * Time for a gateway to stop, whatever hangs: sessions, connections, files, or the reader of stderr. Docker kills it after
 * ten seconds.
 */
const STOP_MS = 7_000;
/** Time for the last lines to be read. */
const FLUSH_MS = 500;

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

/** What a command has found out, in full: it waits for the reader. */
function print(text: string): void {
  console.log(escapeLines(text));
}

function complain(text: string): void {
  console.error(escapeLines(text));
}

/** What a gateway says, which waits for nobody. */
const stdout = createLineWriter({ write: (bytes) => Deno.stdout.write(bytes) });

/** Runs one command; returns its exit code, or undefined while the gateway runs. */
async function run(args: readonly string[]): Promise<number | undefined> {
  const command = parseCommandLine(args, env);
  switch (command.kind) {
    case "help":
      print(helpText(version, invocation.program));
      return OK;
    case "version":
      print(version);
      return OK;
    case "init":
      return await init(command.file);
    case "check":
      return await check(makeParts(command, createLog({ write: complain })));
    case "link":
      print(await renewLoginLink(makeParts(command, createLog({ write: complain }))));
      return OK;
    case "hash":
      print(await hashPassword(await askSecret("Password: ", TERMINAL)));
      return OK;
    case "token":
      print(describeNewToken());
      return OK;
    case "start":
      return await startUntilSignal(command);
  }
}

function makeParts(command: StartParts["command"], log: Log): StartParts {
  return { command, env, describeCommand, log, reader: createFileReader(), version, root: ROOT, serve: Deno.serve };
}

/** Returns only if it cannot start, or not go on. */
async function startUntilSignal(command: StartParts["command"]): Promise<number> {
  const { log, stderr } = openStderrLog({ ...command, format: command.log });
  const flush = () => waitAtMost(Promise.all([stdout.settled(), stderr.settled()]), FLUSH_MS);
  catchStrays(log);
  catchConsole(log);
  const starting = start({ ...makeParts(command, log), lostLogLines: () => stderr.lost });
  stopOnSignal(starting, log, flush);
  try {
    announce(await starting, log);
  } catch (thrown) {
    stderr.write(describe(thrown));
    await flush();
    return FAILED;
  }
  const { failed, stop } = await starting;
  log.error(`Stopping: ${await failed}`);
  setTimeout(() => Deno.exit(FAILED), STOP_MS);
  await stop();
  await flush();
  return FAILED;
}

function announce({ login, url, gateway, live }: Running, log: Log): void {
  if (login !== undefined) stdout.write(login);
  stdout.write(`porthole ready ${url}`);
  for (const warning of gateway.warnings()) log.warn(warning);
  for (const source of live.current.sources.values().take(MOST_FIRST_PROBES)) gateway.sources.get(source).probe();
}

function stopOnSignal(starting: Promise<Running>, log: Log, flush: () => Promise<void>): void {
  let running: Running | undefined;
  starting.then((started) => running = started, () => {});
  let stopping = false;
  const stop = async () => {
    if (stopping) return Deno.exit(FAILED);
    stopping = true;
    setTimeout(() => Deno.exit(OK), STOP_MS);
    log.info("Stopping");
    await running?.stop();
    await flush();
    Deno.exit(OK);
  };
  Deno.addSignalListener("SIGTERM", stop);
  Deno.addSignalListener("SIGINT", stop);
  if (Deno.build.os === "windows") return;
  Deno.addSignalListener("SIGHUP", () => running?.live.reload());
  Deno.addSignalListener("SIGUSR2", () => void running?.openValve());
}

/** Probes every source and prints a line for each. */
async function check(parts: StartParts): Promise<number> {
  const live = await openConfig(parts);
  const gateway = await makeGateway({ ...parts, log: createLog({ level: "error", write: () => {} }) }, live);
  for (const warning of live.warnings) complain(formatProblem(warning));
  const sources = [...live.current.sources.values()];
  let failed = false;
  const probes = sources.map((source) => ({ source, finding: gateway.sources.get(source).probe({ asked: true }) }));
  for (const { source, finding } of probes) {
    const { status, detail, warning } = await finding;
    print(`${source.name}: ${detail}`);
    if (warning !== undefined) complain(`${source.name}: ${warning}`);
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
    complain(`${file} already exists; it was not changed`);
    return FAILED;
  }
  print(`Wrote ${file}. Start with: ${describeCommand("start")}`);
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

/** What went wrong, for a person: a sentence if it was to be expected, otherwise with the stack. */
function describe(thrown: unknown): string {
  if (thrown instanceof UsageError) {
    return thrown.saysWhatToWrite ? thrown.message : `${thrown.message}\n\nFor help: ${describeCommand("--help")}`;
  }
  const isExpected = EXPECTED.some((kind) => thrown instanceof kind) || isOfSystem(thrown);
  return escapeLines(thrown instanceof Error && isExpected ? thrown.message : Deno.inspect(thrown));
}

if (import.meta.main) {
  const code = await run(Deno.args).catch((thrown) => {
    complain(describe(thrown));
    return thrown instanceof UsageError ? USAGE : FAILED;
  });
  if (code !== undefined) Deno.exit(code);
}
