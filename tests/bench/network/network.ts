/**
 * A network of three hosts in namespaces of their own: the source, on an Ethernet with the gateway, and the viewer, on an
 * emulated link to it. Linux, root, `ip` and /dev/net/tun.
 */
import { findProgram } from "../../live/programs.ts";
import { type Running, startProcess } from "../processes.ts";
import type { LinkSpec } from "./one_way.ts";

/** A host of the network. */
export type Host = "source" | "gateway" | "viewer";

/** What the kernel holds: bytes that programs have sent and not yet read, by where they wait. */
export interface Queues {
  /** Sent by the source, not yet at the gateway's host. */
  readonly source: number;
  /** Arrived there, not yet read by the gateway. */
  readonly gatewayIn: number;
  /** Sent by the gateway, not yet at the viewer's host. */
  readonly gatewayOut: number;
  /** Arrived there, not yet read by the viewer. */
  readonly viewer: number;
}

/** The addresses of the two whom others connect to. */
export const SOURCE_HOST = "10.203.1.1";
export const GATEWAY_HOST = "10.203.0.1";
const GATEWAY_HOST_INSIDE = "10.203.1.2";
const VIEWER_HOST = "10.203.0.2";
const READY_TIMEOUT_MS = 20_000;
/**
 * A VNC server keeps little unsent, since it makes a new picture rather than keep an old one: its host's send buffer is
 * small. Everything else is as Linux has it.
 */
const SOURCE_SEND_BUFFER = "4096 16384 65536";
/** Congestion control that fills queues, as most servers have it; the last one that the kernel allows is taken. */
const CONGESTION_CONTROLS = ["reno", "cubic"];

/** What this machine lacks for emulated links, or undefined when it has all. */
export async function explainNoNetwork(): Promise<string | undefined> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return "root on Linux";
  if (findProgram("ip") === undefined || findProgram("ss") === undefined) return "ip and ss (iproute2)";
  if (!await Deno.stat("/dev/net/tun").then(() => true, () => false)) return "/dev/net/tun";
  const name = `porthole-try-${Deno.pid}`;
  const isAllowed = await runIp(["netns", "add", name]).then(() => true, () => false);
  if (isAllowed) await runIp(["netns", "del", name]);
  return isAllowed ? undefined : "the right to make network namespaces";
}

const HOSTS = ["source", "gateway", "viewer"] as const;

/** Names of the networks that there are. */
const names = new Set<string>();

/** Removes every network at once, for a bench that is interrupted. */
export function removeNetworks(): void {
  for (const name of names) {
    for (const host of HOSTS) new Deno.Command("ip", { args: ["netns", "del", `${name}-${host}`] }).outputSync();
  }
}

/** A network that lasts until it is disposed of. */
export class Network implements AsyncDisposable {
  readonly #name = `porthole-${Deno.pid}-${Math.floor(Math.random() * 1e6)}`;
  #shaper: Running | undefined;

  private constructor() {
    names.add(this.#name);
  }

  /** Makes the hosts and the link. @throws Error when the machine does not allow it */
  static async open(link: LinkSpec): Promise<Network> {
    const network = new Network();
    await using stack = new AsyncDisposableStack();
    stack.use(network);
    await network.#build(link);
    stack.move();
    return network;
  }

  /** The words that run a program on a host. */
  wrap(host: Host, command: string, args: readonly string[]): [string, string[]] {
    return ["ip", ["netns", "exec", this.#nameOf(host), command, ...args]];
  }

  /** What waits in the kernels, of all connections. */
  async readQueues(): Promise<Queues> {
    const [source, gateway, viewer] = await Promise.all(HOSTS.map((host) => this.#sumQueues(host)));
    return {
      source: source!.unsent,
      gatewayIn: gateway!.unread,
      gatewayOut: gateway!.unsent,
      viewer: viewer!.unread,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shaper?.[Symbol.asyncDispose]();
    for (const host of HOSTS) await runIp(["netns", "del", this.#nameOf(host)]).catch(() => {});
    names.delete(this.#name);
  }

  #nameOf(host: Host): string {
    return `${this.#name}-${host}`;
  }

  async #build(link: LinkSpec): Promise<void> {
    for (const host of HOSTS) {
      await runIp(["netns", "add", this.#nameOf(host)]);
      await runIp(["-n", this.#nameOf(host), "link", "set", "lo", "up"]);
      for (const name of CONGESTION_CONTROLS) await this.#setKernel(host, "tcp_congestion_control", name);
    }
    await this.#setKernel("source", "tcp_wmem", SOURCE_SEND_BUFFER);
    const gateway = this.#nameOf("gateway");
    await runIp(["-n", gateway, "link", "add", "inside", "type", "veth", "peer", "name", "lan"]);
    await runIp(["-n", gateway, "link", "set", "lan", "netns", this.#nameOf("source")]);
    await this.#startShaper(link);
    await runIp(["-n", gateway, "link", "set", "far", "netns", this.#nameOf("viewer")]);
    await this.#address("source", "lan", SOURCE_HOST);
    await this.#address("gateway", "inside", GATEWAY_HOST_INSIDE);
    await this.#address("gateway", "outside", GATEWAY_HOST);
    await this.#address("viewer", "far", VIEWER_HOST);
  }

  async #startShaper(link: LinkSpec): Promise<void> {
    const script = new URL("shaper.ts", import.meta.url).pathname;
    const args = ["run", "--quiet", "--allow-ffi", script, JSON.stringify(link), "outside", "far"];
    this.#shaper = startProcess(...this.wrap("gateway", Deno.execPath(), args));
    await this.#shaper.readLine(READY_TIMEOUT_MS);
  }

  async #address(host: Host, device: string, address: string): Promise<void> {
    await runIp(["-n", this.#nameOf(host), "addr", "add", `${address}/24`, "dev", device]);
    await runIp(["-n", this.#nameOf(host), "link", "set", device, "up"]);
  }

  /** A setting that the kernel does not have is left as it is. */
  async #setKernel(host: Host, name: string, value: string): Promise<void> {
    const [command, args] = this.wrap(host, "sh", ["-c", `echo '${value}' > /proc/sys/net/ipv4/${name}`]);
    await new Deno.Command(command, { args, stderr: "null" }).output();
  }

  /** `ss` prints of each connection its state, Recv-Q and Send-Q. */
  async #sumQueues(host: Host): Promise<{ unread: number; unsent: number }> {
    const [command, args] = this.wrap(host, "ss", ["-tnH", "state", "established"]);
    const { stdout } = await new Deno.Command(command, { args, stderr: "null" }).output();
    const rows = new TextDecoder().decode(stdout).trim().split("\n").map((line) =>
      line.trim().split(/\s+/).map(Number)
    );
    const sum = (column: number) => rows.reduce((total, row) => total + (row[column] || 0), 0);
    return { unread: sum(0), unsent: sum(1) };
  }
}

/** Runs `ip`. */
async function runIp(args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", { args: [...args], stderr: "piped" }).output();
  if (!success) throw new Error(`ip ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
