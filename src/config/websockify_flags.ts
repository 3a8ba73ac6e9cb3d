/** The command lines of websockify and of noVNC's novnc_proxy: what to write here instead. */
import { quote } from "./problem.ts";

const NO_FILES = "leave it out: Porthole has a viewer page of its own";
const NO_CLIENT_CERTIFICATES = "client certificates are not supported: set auth in sources.yaml";
const ONE_LOG = "the log is on stderr: with systemd it is in the journal, and a shell can redirect it";
const NEVER_ENDS = "Porthole runs until SIGINT or SIGTERM; limits.idle in sources.yaml ends sessions without input";
const LISTENS = "use --listen HOST:PORT";
const SIGNS_IN = "set auth in sources.yaml";
const STARTS_NOTHING =
  "Porthole does not start programs: start the VNC server by itself, and give its HOST:PORT as the target";
const FIXED_TLS = "leave it out: the gateway speaks TLS 1.2 and 1.3";

/** For each flag, as `--help` of websockify 0.10 to 0.13 and of novnc_proxy lists it: a value takes the place of VALUE. */
const ADVICE: ReadonlyMap<string, string> = new Map(Object.entries({
  "6": "leave it out, or use --listen [::]:PORT",
  D: "use systemd to run Porthole in the background: deploy/porthole.service",
  "auth-plugin": SIGNS_IN,
  "auth-source": SIGNS_IN,
  cafile: NO_CLIENT_CERTIFICATES,
  daemon: "use systemd to run Porthole in the background: deploy/porthole.service",
  "file-only": NO_FILES,
  heartbeat: "use keepalive in sources.yaml, in defaults or for a source; by default it is 20s",
  "host-token": "use the token in the address: /websockify?token=TOKEN",
  "idle-timeout": NEVER_ENDS,
  inetd: LISTENS,
  "key-password": "use a key without a password: openssl pkey -in KEY -out NEWKEY",
  "legacy-syslog": ONE_LOG,
  libserver: "leave it out: one process serves all viewers",
  "log-file": ONE_LOG,
  "prefer-ipv6": "leave it out, or use --listen [::]:PORT",
  record: "recording is not supported: leave it out",
  "run-once": NEVER_ENDS,
  "ssl-ciphers": FIXED_TLS,
  "ssl-only": "leave it out: everything is encrypted unless --tls none is set",
  "ssl-target":
    "leave it out: the gateway uses TLS where the VNC server offers it within RFB (VeNCrypt), but not around RFB",
  "ssl-version": FIXED_TLS,
  syslog: ONE_LOG,
  "target-config": "use --token-file VALUE",
  timeout: NEVER_ENDS,
  "token-plugin":
    "for TokenFile and ReadOnlyTokenFile use --token-file FILE, for JWTTokenApi auth.jwt in sources.yaml; others are not supported",
  "token-source": "use --token-file VALUE",
  traffic: "use --verbose",
  "unix-listen": "use --listen unix:VALUE",
  "unix-listen-mode": "use the permissions of the socket's folder",
  "unix-target": "use the target unix:VALUE",
  v: "use --verbose",
  "verify-client": NO_CLIENT_CERTIFICATES,
  vnc: "use the target alone: VALUE",
  web: NO_FILES,
  "web-auth": SIGNS_IN,
  "wrap-mode": STARTS_NOTHING,
}));

/** What each flag's value is called while there is none. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  vnc: "HOST:PORT",
  "unix-target": "PATH",
  "unix-listen": "PATH",
};

/** What to write instead of a flag of websockify, given without its dashes; undefined for every other flag. */
export function adviseOnFlag(name: string, value: string | undefined): string | undefined {
  const instead = value === undefined ? PLACEHOLDERS[name] ?? "FILE" : writeWord(value);
  return ADVICE.get(name)?.replace("VALUE", () => instead);
}

/**
 * What to write instead of websockify's `[source_addr:]source_port [target_addr:target_port]`, or of its port with
 * `-- PROGRAM` (`wraps`); undefined for targets. A port alone and an address that stands for all are no VNC servers.
 */
export function adviseOnPorts([listener = "", target]: readonly string[], wraps: boolean): string | undefined {
  const [, host, port] = /^(?:(0\.0\.0\.0|\[::\]|\*|):)?(\d{1,5})$/.exec(listener) ?? [];
  if (port === undefined) return undefined;
  if (wraps) return STARTS_NOTHING;
  const listen = `--listen ${host === "[::]" ? host : "0.0.0.0"}:${port}`;
  return `use ${target === undefined ? "" : `${writeWord(target)} `}${listen}, with --tls none for http and ws`;
}

/** A word of a command line, in quotes if a shell needs them, on one line. */
function writeWord(word: string): string {
  return /^[\w.,:/@+=[\]-]{1,60}$/.test(word) ? word : quote(word);
}
