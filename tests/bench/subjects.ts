/** The gateways of the bench: this one, and any other checkout of it. Each is started as its users start it. */
import { GATEWAY_HOST, type Host, type Network, SOURCE_HOST } from "./network/network.ts";
import { startProcess } from "./processes.ts";

/** The ports of the bench's source process. */
export type Ports = Readonly<Record<string, number>>;

/** A running gateway of some kind. */
export interface Subject extends AsyncDisposable {
  readonly name: string;
  /** The processes to measure, children included. */
  readonly pids: readonly number[];
  /** The maximum number of sessions that it can carry at once. */
  readonly mostSessions: number;
  /** The address of a session with a source. */
  urlOf(source: string): string;
  /** The address of the page that shows a source. */
  pageOf?(source: string): string;
}

/** A certificate and its key on disk, the same for all subjects. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Folder for what the subjects need on disk, and what is the same for all of them. */
export interface Setting {
  readonly folder: string;
  readonly ports: Ports;
  /** Given for wss, left out for ws. */
  readonly certificate?: Certificate;
  /** On which each is on a host of its own; without one, all are on the loopback. */
  readonly network?: Network;
}

/** The addresses of the source and of the subject. */
export function listHosts({ network }: Setting): { readonly source: string; readonly subject: string } {
  return network ? { source: SOURCE_HOST, subject: GATEWAY_HOST } : { source: LOOPBACK, subject: LOOPBACK };
}

/** The words that run a program where it belongs. */
export function place(setting: Setting, host: Host, command: string, args: string[]): [string, string[]] {
  return setting.network?.wrap(host, command, args) ?? [command, args];
}

const LOOPBACK = "127.0.0.1";
const READY_TIMEOUT_MS = 20_000;
/** A limit that no scenario reaches. */
const MOST = 20_000;

/** Starts the gateway of a checkout as its start task does. */
export async function startGateway(name: string, checkout: string, setting: Setting): Promise<Subject> {
  const folder = await Deno.makeTempDir({ dir: setting.folder });
  const config = `${folder}/sources.yaml`;
  await Deno.writeTextFile(config, buildConfig(folder, setting));
  const { tasks } = JSON.parse(await Deno.readTextFile(`${checkout}/deno.json`));
  const words = String(tasks.porthole ?? tasks.start).split(" ");
  const env = Object.fromEntries(words.filter((word) => /^\w+=/.test(word)).map((word) => word.split("=")));
  // The first word is deno, which need not be on the path.
  const [, ...args] = words.filter((word) => !/^\w+=/.test(word));
  const process = startProcess(...place(setting, "gateway", Deno.execPath(), args), {
    cwd: checkout,
    env: { ...env, PORTHOLE_CONFIG: config },
  });
  const ready = /^porthole ready http(s?:\/\/\S+)$/.exec(await process.readLine(READY_TIMEOUT_MS));
  if (ready === null) throw new Error("The gateway did not print its ready line");
  return {
    name,
    pids: [process.pid],
    mostSessions: Infinity,
    urlOf: (source) => `ws${ready[1]}ws/vnc/${source}`,
    pageOf: (source) => `http${ready[1]}site/vnc/${source}`,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

/** A sources.yaml with every limit out of the way and each port under its own name. */
function buildConfig(folder: string, setting: Setting): string {
  const { ports, certificate } = setting;
  const hosts = listHosts(setting);
  const tls = certificate ? `{ cert: ${certificate.cert}, key: ${certificate.key} }` : "none";
  return `gateway: { listen: "${hosts.subject}:0", data: ${folder}/data, tls: ${tls} }\nauth: none\n` +
    buildLimits() +
    "sources:\n" +
    Object.entries(ports).filter(([name]) => !WITH_LOGIN.has(name)).map(([name, port]) =>
      buildSource(name, port, hosts.source)
    ).join(
      "",
    ) +
    (ports.far === undefined ? "" : buildStagedSources(ports));
}

function buildLimits(): string {
  const most = ["sessions", "per_source", "per_address", "handshakes"].map((name) => `${name}: ${MOST}`).join(", ");
  return `limits: { memory: 90%, ${most}, connects_per_minute: 1000000 }\n`;
}

/** The ports behind which the source wants a log-in. */
const WITH_LOGIN: ReadonlySet<string> = new Set(["asks", "sealed", "far"]);

/** The ways to use a port that cost or save something; `far` is there when these are measured. */
function buildStagedSources(ports: Ports): string {
  const secret = ", username: bench, password: bench";
  return buildSource("watched", ports.echo, LOOPBACK, ", view_only: true") +
    buildSource("framed", ports.flood, LOOPBACK, ", clipboard: in") +
    buildSource("sealed", ports.sealed, LOOPBACK, secret) +
    buildSource("far", ports.far, LOOPBACK, secret) +
    buildSource("ready", ports.far, LOOPBACK, `${secret}, prewarm: 8`);
}

function buildSource(name: string, port: number | undefined, host: string, rest = ""): string {
  return `  ${name}: { host: ${host}, port: ${port}${rest} }\n`;
}
