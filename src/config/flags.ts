/** Every flag in one table: parsing, environment variables and help are made from it. */

interface Flag {
  readonly name: string;
  readonly short?: string;
  /** How its value is called in the help; without it, the flag is a switch. */
  readonly value?: string;
  readonly help: string;
}

const table = [
  { name: "config", value: "FILE", help: "the configuration; sources.yaml, unless targets are given" },
  { name: "listen", value: "HOST:PORT", help: "where to listen; 127.0.0.1:8443" },
  { name: "tls", value: "auto|none", help: "auto makes and keeps a local CA and a certificate" },
  { name: "cert", value: "FILE", help: "a certificate chain in PEM, with --key" },
  { name: "key", value: "FILE", help: "its private key in PEM" },
  { name: "open", help: "let anybody in who reaches the address: auth: none" },
  { name: "redirect", value: "HOST:PORT", help: "also listen for plain HTTP, to redirect it" },
  { name: "base-path", value: "PATH", help: "the path that Porthole lives under behind another server" },
  { name: "public-url", value: "URL", help: "the address that people open" },
  { name: "data", value: "FOLDER", help: "where certificates, keys and state are kept; ./data" },
  { name: "token-file", value: "FILE", help: "websockify's token file, or a folder of them; may be repeated" },
  { name: "log", value: "text|json", help: "the form of the log on stderr; text" },
  { name: "verbose", help: "log more" },
  { name: "help", short: "h", help: "show this" },
  { name: "version", help: "show the version" },
] as const satisfies readonly Flag[];

/** A flag without its dashes. */
export type FlagName = typeof table[number]["name"];

/** All flags, in the order of the help. */
export const FLAGS: readonly (Flag & { readonly name: FlagName })[] = table;

/** What `--help` prints. */
export function helpText(version: string): string {
  return `Porthole ${version}: every VNC screen of a network in a browser.

deno task start [TARGET…] [FLAGS]   serve the targets, or the sources of sources.yaml
deno task start check [FLAGS]       read the configuration and look at every source; exit 1 when something is wrong
deno task start init                write a commented sources.yaml, never over an existing one
deno task start link [FLAGS]        print a new login link; the one before counts no more
deno task start hash                make the hash of a password, asked for or from a pipe, for auth.users
deno task start token               make a token for a program and its hash, for auth.tokens

A TARGET is HOST[:PORT] or NAME=HOST[:PORT] and needs no file. A port below 100 is a display: pi:1 is pi:5901.

${FLAGS.map(describeFlag).join("\n")}

Each flag has an environment variable, such as PORTHOLE_LISTEN or PORTHOLE_TOKEN_FILE. A flag wins over the environment,
the environment over the file. Exit codes: 0 ended as asked, 1 could not start or check failed, 2 wrong usage.
`;
}

function describeFlag({ name, short, value, help }: Flag): string {
  const usage = `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
  return `  ${usage.padEnd(24)}  ${help}`;
}
