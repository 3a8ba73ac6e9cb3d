/** Parses the command line and the environment into a Command. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { parseListener } from "./address.ts";
import type { Overrides } from "./overrides.ts";
import type { Tls } from "./config.ts";
import { type FlagName, FLAGS, nameVariable } from "./flags.ts";
import { findNearest } from "./nearest.ts";
import { quote } from "./problem.ts";
import type { ReadEnv } from "./resolver.ts";
import { adviseOnFlag, adviseOnPorts } from "./websockify_flags.ts";
import { DEFAULT_PORT, DEFAULT_REDIRECT_PORT } from "./gateway_section.ts";
import { nameTargets } from "./targets.ts";
import { parseBasePath, parsePublicUrl } from "./web_address.ts";

/** The configuration file when neither --config nor targets are given. */
const DEFAULT_FILE = "sources.yaml";

/** An invalid command line. The program prints the message and exits with 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** Whether the message says what to write instead, so that no hint at the help is needed. */
  readonly saysWhatToWrite: boolean;

  constructor(message: string, { saysWhatToWrite = false } = {}) {
    super(message);
    this.saysWhatToWrite = saysWhatToWrite;
  }
}

/** The settings of `start`, `check` and `link`; `file` and `overrides` are options of loadConfig(). */
export interface Settings {
  readonly file?: string;
  readonly overrides: Overrides;
  readonly log: "text" | "json";
  readonly verbose: boolean;
}

/** A command with its settings. */
export type Command =
  | ({ readonly kind: "start" | "check" | "link" } & Settings)
  | { readonly kind: "init"; readonly file: string }
  | { readonly kind: "hash" | "token" }
  | { readonly kind: "help" }
  | { readonly kind: "version" };

const SUBCOMMANDS = ["start", "check", "init", "link", "hash", "token"] as const;

/**
 * Parses the arguments; flags that are absent are read from the PORTHOLE_ variables.
 * @throws UsageError with a sentence.
 */
export function parseCommandLine(argv: readonly string[], env: ReadEnv): Command {
  const { flags, words } = readFlags(argv[0] === "--" ? argv.slice(1) : argv);
  if (flags.has("help")) return { kind: "help" };
  if (flags.has("version")) return { kind: "version" };
  const kind = SUBCOMMANDS.find((name) => name === words[0]);
  const targets = kind === undefined ? words : words.slice(1);
  const values = createValues(flags, env);
  checkTargets(words, targets, argv.lastIndexOf("--") > 0);
  if (kind === "init") {
    if (targets.length > 0) throw new UsageError(`init takes no targets: ${quote(targets[0]!)}`);
    return { kind, file: values.get("config") ?? DEFAULT_FILE };
  }
  if (kind === "hash" || kind === "token") {
    if (targets.length > 0) {
      throw new UsageError(`${kind} takes no arguments, because a secret there would be in the shell history`);
    }
    return { kind };
  }
  return { kind: kind ?? "start", ...readSettings(values, targets) };
}

type Flags = ReadonlyMap<FlagName, readonly string[]>;

function readFlags(argv: readonly string[]): { flags: Flags; words: string[] } {
  const options = Object.fromEntries(FLAGS.map(({ name, value, short }) => [name, {
    type: value === undefined ? "boolean" as const : "string" as const,
    ...(short !== undefined && { short }),
  }]));
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true });
  const flags = new Map<FlagName, string[]>();
  const words: string[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const next = tokens[index + 1];
    const following = next?.kind === "positional" ? next.value : undefined;
    const flag = FLAGS.find(({ name }) => name === token.name) ?? refuseFlag(token.rawName, token.value ?? following);
    const given = checkValue(token.rawName, flag.value, token.value, token.inlineValue === true);
    flags.set(flag.name, [...flags.get(flag.name) ?? [], given]);
  }
  return { flags, words };
}

function checkValue(rawName: string, value: string | undefined, given: string | undefined, inline: boolean): string {
  if (value === undefined) {
    if (inline) throw new UsageError(`${rawName} takes no value`);
    return "true";
  }
  if (!given || (!inline && given.startsWith("-"))) {
    throw new UsageError(`${rawName} needs a value: ${rawName} ${value}`);
  }
  return given;
}

function refuseFlag(rawName: string, value: string | undefined): never {
  const name = rawName.replace(/^-+/, "");
  const instead = adviseOnFlag(name, value);
  if (instead !== undefined) refuseAndAdvise(`${rawName} is a flag of websockify; ${instead}`);
  const command = SUBCOMMANDS.find((command) => command === name);
  if (command !== undefined) refuseAndAdvise(`${rawName} is a command: write it without dashes, ${command}`);
  const nearest = findNearest(name, FLAGS.map(({ name }) => name));
  if (nearest !== undefined) refuseAndAdvise(`Unknown flag ${rawName}; did you mean --${nearest}?`);
  throw new UsageError(`Unknown flag ${rawName}; --help lists all flags`);
}

function refuseAndAdvise(message: string): never {
  throw new UsageError(message, { saysWhatToWrite: true });
}

/** Refuses targets that are no VNC servers: the ports of websockify's command line, and a command with a typing error. */
function checkTargets(words: readonly string[], targets: readonly string[], wraps: boolean): void {
  const ports = adviseOnPorts(targets, wraps);
  if (ports !== undefined) refuseAndAdvise(`${targets[0]} is a port, as websockify takes it; ${ports}`);
  const command = words === targets ? findCommand(words[0] ?? "") : undefined;
  if (command === undefined) return;
  refuseAndAdvise(
    `Unknown command ${words[0]}; did you mean ${command}? For a host of that name, use ${words[0]}:5900`,
  );
}

/** The command that differs from a word in one letter, but not in the first: hosts called pink or linux are targets. */
function findCommand(word: string): string | undefined {
  if (!/^\w+$/.test(word)) return undefined;
  if (word.toLowerCase() === "help") return "--help";
  if (word.toLowerCase() === "version") return "--version";
  const sharing = SUBCOMMANDS.filter((name) => name[0] === word[0]?.toLowerCase());
  return findNearest(word, sharing, { within: 1 });
}

/** Values by flag, from the command line or else from the environment. An empty variable is ignored. */
interface Values {
  get(name: FlagName): string | undefined;
  all(name: FlagName): readonly string[];
  /** @throws UsageError that names the flag or the variable when parse throws a SyntaxError. */
  parse<T>(name: FlagName, parse: (text: string) => T): T | undefined;
  isSet(name: FlagName): boolean;
  /** The same values, but without the environment if one of these flags is on the command line. */
  preferFlags(...names: FlagName[]): Values;
}

function createValues(flags: Flags, env: ReadEnv): Values {
  const label = (name: FlagName) => flags.has(name) ? `--${name}` : nameVariable(name);
  const all = (name: FlagName) =>
    flags.get(name) ?? [env(nameVariable(name))].filter((value) => value !== undefined && value !== "") as string[];
  const get = (name: FlagName) => all(name).at(-1);
  const parse = <T>(name: FlagName, read: (text: string) => T): T | undefined => {
    const text = get(name);
    try {
      return text === undefined ? undefined : read(text);
    } catch (error) {
      throw error instanceof SyntaxError ? new UsageError(`${label(name)} ${error.message}`) : error;
    }
  };
  return {
    all,
    get,
    parse,
    isSet: (name) => parse(name, parseSwitch) ?? false,
    preferFlags: (...names) =>
      names.some((name) => flags.has(name)) ? createValues(flags, () => undefined) : createValues(flags, env),
  };
}

function readSettings(values: Values, words: readonly string[]): Settings {
  const targets = nameTargets(words, (message) => new UsageError(message));
  const tokenFiles = values.all("token-file");
  const needsFile = targets.size === 0 && tokenFiles.length === 0;
  const file = values.get("config") ?? (needsFile ? DEFAULT_FILE : undefined);
  const log = values.parse("log", (text) => oneOf(text, ["text", "json"])) ?? "text";
  return {
    ...(file !== undefined && { file }),
    overrides: dropUndefined({
      listen: values.parse("listen", (text) => parseListener(text, DEFAULT_PORT)),
      tls: readTls(values.preferFlags("tls", "cert", "key")),
      redirect: values.parse("redirect", (text) => parseListener(text, DEFAULT_REDIRECT_PORT)),
      basePath: values.parse("base-path", parseBasePath),
      publicUrl: values.parse("public-url", parsePublicUrl),
      data: values.get("data"),
      open: values.isSet("open"),
      targets,
      tokenFiles,
    }),
    log,
    verbose: values.isSet("verbose"),
  };
}

function readTls(values: Values): Tls | undefined {
  const mode = values.parse("tls", (text) => oneOf(text, ["auto", "none"]));
  const [cert, key] = [values.get("cert"), values.get("key")];
  if (cert === undefined && key === undefined) return mode === undefined ? undefined : { mode };
  if (mode !== undefined) throw new UsageError(`--tls ${mode} cannot be combined with --cert and --key`);
  if (cert === undefined || key === undefined) {
    throw new UsageError("--cert and --key must be used together; a file that contains both is given twice");
  }
  return { mode: "files", cert: resolve(cert), key: resolve(key) };
}

function oneOf<const Word extends string>(text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found === undefined) throw new SyntaxError(`must be ${words.join(" or ")}, not ${quote(text)}`);
  return found;
}

function parseSwitch(text: string): boolean {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  throw new SyntaxError(`must be true or false, not ${quote(text)}`);
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

function dropUndefined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}
