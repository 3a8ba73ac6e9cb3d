/** The table of flags, which parsing, environment variables and help are based on. */

interface Flag {
  readonly name: string;
  readonly short?: string;
  /** The name of its value in the help; without it, the flag is a switch. */
  readonly value?: string;
  readonly help: string;
}

const table = [
  { name: "config", value: "FILE", help: "configuration file (default: sources.yaml, or none with targets)" },
  { name: "listen", value: "HOST:PORT", help: "address to listen on (default: 127.0.0.1:8443)" },
  { name: "tls", value: "auto|none", help: "auto: local CA and certificate; none: plain HTTP (default: auto)" },
  { name: "cert", value: "FILE", help: "certificate chain in PEM format; needs --key" },
  { name: "key", value: "FILE", help: "private key in PEM format; needs --cert" },
  { name: "open", help: "let anyone who can reach the address open every source (auth: none)" },
  { name: "redirect", value: "HOST:PORT", help: "also listen for plain HTTP, and redirect it to HTTPS" },
  { name: "base-path", value: "PATH", help: "path of Porthole behind another server (default: /)" },
  { name: "public-url", value: "URL", help: "URL that users open" },
  { name: "data", value: "FOLDER", help: "folder for certificates, keys and state (default: data, beside the file)" },
  { name: "token-file", value: "FILE", help: "websockify token file, or a folder of them; can be repeated" },
  { name: "log", value: "text|json", help: "format of the log on stderr (default: text)" },
  { name: "verbose", help: "log more" },
  { name: "help", short: "h", help: "print this help" },
  { name: "version", help: "print the version" },
] as const satisfies readonly Flag[];

/** A flag without its dashes. */
export type FlagName = typeof table[number]["name"];

/** All flags, in the order of the help. */
export const FLAGS: readonly (Flag & { readonly name: FlagName })[] = table;

/** The environment variable that a flag can be given in. */
export function nameVariable(name: FlagName): string {
  return `PORTHOLE_${name.toUpperCase().replaceAll("-", "_")}`;
}

/** The text of `--help`; `program` is what is typed before a command. */
export function helpText(version: string, program: string): string {
  return `Porthole ${version}: VNC servers in a browser

Usage: ${program} [COMMAND] [TARGET…] [FLAGS]

Commands:
  start   serve the targets, or the sources of the configuration file (default)
  check   read the configuration and probe every source; exit 1 if something is wrong
  init    write an example configuration file; never overwrites a file
  link    print a new login link, which invalidates the previous one
  hash    read a password from the terminal or a pipe and print its hash, for auth.users
  token   print a new token for a program, and its hash for auth.tokens

Targets:
  HOST[:PORT] or NAME=HOST[:PORT]. A port below 100 is a display: pi:1 is pi:5901.
  With targets, no configuration file is read unless --config names one.

Flags:
${FLAGS.map(describeFlag).join("\n")}

Environment:
  Every flag has a variable: --listen is PORTHOLE_LISTEN, --token-file is PORTHOLE_TOKEN_FILE.
  Flags take precedence over the environment, and the environment over the file.

Exit codes:
  0 stopped as requested, 1 could not start or check failed, 2 wrong usage
`;
}

function describeFlag({ name, short, value, help }: Flag): string {
  const usage = `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
  return `  ${usage.padEnd(22)}  ${help}`;
}
