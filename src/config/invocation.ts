/** How this program was called, to tell people which line to type next. */
import { isAbsolute, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { DescribeCommand, HintedCommand } from "./command_hint.ts";
import { type FlagName, FLAGS, nameVariable } from "./flags.ts";
import type { ReadEnv } from "./resolver.ts";

/** What is known of the call. */
export interface InvocationParts {
  /** The arguments after the program. */
  readonly args: readonly string[];
  readonly env: ReadEnv;
  /** main.ts. */
  readonly main: URL;
  readonly workingFolder: string;
  /** Whether Deno runs it with every permission. */
  readonly hasAllPermissions: boolean;
  readonly isWindows?: boolean;
}

/** What a call looks like. */
export interface Invocation {
  /** What is typed before a command and its flags, such as `npx -y deno@2 task start`. */
  readonly program: string;
  /** The line to type for a command: with the flags, variables and targets of this call if they matter to it. */
  readonly describe: DescribeCommand;
}

/** Where `deno task start` is the call; the task sets it. */
const TASK_VARIABLE = "PORTHOLE_TASK";
/** What is typed where a package has a way of its own; the package sets it. */
const COMMAND_VARIABLE = "PORTHOLE_COMMAND";
/** The permissions of the task, as docs/security.md explains them. */
const PERMISSIONS = ["net", "read", "write", "env", "sys"].map((name) => `--allow-${name}`).join(" ");
/** Only one of them has an effect: each of these flags makes the environment's others void. */
const TLS_FLAGS: readonly FlagName[] = ["tls", "cert", "key"];
/** Commands on which a configuration has no influence. */
const WITHOUT_FLAGS: readonly HintedCommand[] = ["hash", "token", "--help"];

/** Finds out how the program was called. */
export function describeInvocation(parts: InvocationParts): Invocation {
  const program = describeProgram(parts);
  return {
    program,
    describe: (command) => {
      const words = command === "start" ? [] : [command];
      const rest = WITHOUT_FLAGS.includes(command) ? [] : listArguments(parts, command);
      return [program, ...words, ...rest.map((word) => quoteWord(word, parts.isWindows))].join(" ");
    },
  };
}

function describeProgram(parts: InvocationParts): string {
  const { env, main, workingFolder, hasAllPermissions, isWindows } = parts;
  const own = env(COMMAND_VARIABLE);
  if (own) return own;
  if (env(TASK_VARIABLE)) return describeTaskCall(parts);
  const place = main.protocol === "file:" ? shorten(fileURLToPath(main), workingFolder) : main.href;
  return `deno run ${hasAllPermissions ? "-A" : PERMISSIONS} ${quoteWord(place, isWindows)}`;
}

/** The runner starts a task in the project's folder, and says in INIT_CWD where it was called. */
function describeTaskCall({ env, main, isWindows }: InvocationParts): string {
  const deno = env("npm_lifecycle_event") === "npx" ? "npx -y deno@2" : "deno";
  const project = fileURLToPath(new URL(".", main)).replace(/(?<=.)[/\\]$/, "");
  const isOutside = isAbsolute(shorten(env("INIT_CWD") ?? project, project));
  return isOutside ? `${deno} task --cwd ${quoteWord(project, isWindows)} start` : `${deno} task start`;
}

/** The path as it is seen from a folder, if it is in it. */
function shorten(path: string, folder: string): string {
  const short = relative(folder, path);
  return short.startsWith("..") || isAbsolute(short) ? path : short;
}

/** A package keeps its variables from one call to the next; a shell may have had them for one line only. */
function listArguments({ args, env }: InvocationParts, command: HintedCommand): string[] {
  const { given, targets } = readArguments(args);
  const names = new Set(given.map(([name]) => name));
  const isTaken = (name: FlagName) =>
    TLS_FLAGS.includes(name) ? TLS_FLAGS.some((one) => names.has(one)) : names.has(name);
  for (const { name, value } of env(COMMAND_VARIABLE) ? [] : FLAGS) {
    const text = env(nameVariable(name));
    if (text && !isTaken(name) && (value !== undefined || /^(1|true|yes|on)$/i.test(text))) given.push([name, text]);
  }
  const wanted = command === "init" ? given.filter(([name]) => name === "config") : given;
  const flags = wanted.flatMap(([name, value]) => formatFlag(name, value));
  return command === "init" ? flags : [...targets, ...flags];
}

/** The flags and targets of a command line that is known to be valid, without its command. */
function readArguments(args: readonly string[]): { given: [FlagName, string][]; targets: string[] } {
  const options = Object.fromEntries(
    FLAGS.map(({ name }) => [name, { type: hasValue(name) ? "string" as const : "boolean" as const }]),
  );
  const words = args[0] === "--" ? args.slice(1) : [...args];
  const { tokens } = parseArgs({ args: words, options, strict: false, allowPositionals: true, tokens: true });
  const given = tokens.flatMap((token): [FlagName, string][] => {
    const flag = token.kind === "option" ? FLAGS.find(({ name }) => name === token.name) : undefined;
    return flag && token.kind === "option" ? [[flag.name, token.value ?? ""]] : [];
  });
  const targets = tokens.flatMap((token) => token.kind === "positional" ? [token.value] : []);
  return { given, targets: /^(start|check|init|link|hash|token)$/.test(targets[0] ?? "") ? targets.slice(1) : targets };
}

function formatFlag(name: FlagName, value: string): string[] {
  if (!hasValue(name)) return [`--${name}`];
  return value.startsWith("-") ? [`--${name}=${value}`] : [`--${name}`, value];
}

function hasValue(name: FlagName): boolean {
  return FLAGS.some((flag) => flag.name === name && flag.value !== undefined);
}

/** One word of a shell's line. */
function quoteWord(word: string, isWindows = false): string {
  if (/^[\w@%+=:,./-]+$/.test(word) || (isWindows && /^[\w@+=:,.\\/-]+$/.test(word))) return word;
  return isWindows ? `"${word.replaceAll('"', '\\"')}"` : `'${word.replaceAll("'", `'\\''`)}'`;
}
