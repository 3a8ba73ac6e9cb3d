import { createServer, type Server, type Socket } from "node:net";
import type { ByteStream } from "../../src/bridge/byte_stream.ts";
import type { Address } from "../../src/config/config.ts";
import { DemoDesktop } from "../../src/demo/demo_desktop.ts";
import type { Desktop } from "../../src/demo/desktop.ts";
import { type RfbVersion, type Stage, withLength } from "../../src/demo/handshake.ts";
import { type RfbEvent, serveRfb } from "../../src/demo/rfb_server.ts";
import { SocketStream } from "./socket_stream.ts";

/**
 * What goes wrong and when. `connect` is before the first byte; the other stages are, in this order, after the version
 * was agreed on, before SecurityResult, after ClientInit, after ServerInit.
 */
export interface Fault {
  readonly at: "connect" | Stage;
  /** `refuse` is RFB's own refusal with `reason`, at `version` and `security` only. */
  readonly then: "close" | "reset" | "stall" | "garbage" | "http" | "refuse";
  readonly reason?: string;
  /** Only the first so many connections suffer it; by default all. */
  readonly times?: number;
}

/** How the fake behaves. */
export interface FakeRfbOptions {
  /** Listens on this unix socket instead of a free TCP port of 127.0.0.1. */
  readonly unixPath?: string;
  /** Listens on this port instead of a free one. */
  readonly port?: number;
  /** By default a test picture that stands still, 64 by 48 pixels. */
  readonly desktop?: Desktop;
  readonly version?: RfbVersion;
  readonly password?: string;
  readonly fault?: Fault;
  /** Sent in place of the ProtocolVersion. */
  readonly greeting?: string | Uint8Array;
  /** Sends every byte in a packet of its own. */
  readonly dribble?: boolean;
  /** Runs instead of all RFB; the connection is closed when it returns. */
  readonly script?: (stream: SocketStream) => Promise<void>;
}

const WAIT_MS = 10_000;
const HTTP = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

/** Starts a VNC server in this process that can misbehave. */
export async function startFakeRfb(options: FakeRfbOptions = {}): Promise<FakeRfb> {
  const fake = new FakeRfb(options);
  await fake.listen();
  return fake;
}

/** A VNC server that remembers what it saw; made by `startFakeRfb`. */
export class FakeRfb implements AsyncDisposable {
  /** Connections taken so far. */
  accepted = 0;
  /** What the viewers sent, oldest first, of all connections. */
  readonly events: RfbEvent[] = [];
  /** Why connections ended that did not end well, faults aside. */
  readonly errors: unknown[] = [];
  /** All connections so far, oldest first. */
  readonly streams: SocketStream[] = [];
  readonly #options: FakeRfbOptions;
  readonly #desktop: Desktop;
  readonly #server: Server;
  readonly #open = new Map<SocketStream, Promise<void>>();
  readonly #watchers = new Set<() => void>();

  constructor(options: FakeRfbOptions) {
    this.#options = options;
    this.#desktop = options.desktop ?? new DemoDesktop({ name: "Fake", width: 64, height: 48, tickMs: 0 });
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => this.#accept(socket));
  }

  /** Where it listens. */
  get address(): Address {
    if (this.#options.unixPath) return { kind: "unix", path: this.#options.unixPath };
    return { kind: "tcp", hostname: "127.0.0.1", port: this.port };
  }

  /** The TCP port. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  /** Connections open now. */
  get live(): number {
    return this.#open.size;
  }

  /** Bytes received on all connections; those still in the kernel do not count. */
  get receivedBytes(): number {
    return this.streams.reduce((sum, stream) => sum + stream.receivedBytes, 0);
  }

  /** Bytes that the kernel took on all connections. */
  get sentBytes(): number {
    return this.streams.reduce((sum, stream) => sum + stream.sentBytes, 0);
  }

  /** The events of one type. */
  seen<T extends RfbEvent["type"]>(type: T): Extract<RfbEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<RfbEvent, { type: T }> => event.type === type);
  }

  /** Resolves once the condition holds; looked at whenever something happens here. */
  async waitFor(condition: (fake: this) => boolean, what = String(condition)): Promise<void> {
    if (condition(this)) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => condition(this) && resolve();
    const timer = setTimeout(() => reject(new Error(`Waited in vain for ${what}`)), WAIT_MS);
    this.#watchers.add(look);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#watchers.delete(look);
    }
  }

  /** Begins to listen; `startFakeRfb` has done it. */
  listen(): Promise<void> {
    const { unixPath, port = 0 } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      if (unixPath) this.#server.listen(unixPath, () => resolve());
      else this.#server.listen(port, "127.0.0.1", () => resolve());
    });
  }

  /** Listens no more and ends every connection: the server went down. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const stream of this.#open.keys()) stream.close();
    await Promise.all(this.#open.values());
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #accept(socket: Socket): void {
    this.accepted++;
    const stream = new SocketStream(socket, this.#changed);
    this.streams.push(stream);
    this.#open.set(stream, this.#serve(stream, this.accepted));
    this.#changed();
  }

  #changed = () => {
    for (const look of this.#watchers) look();
  };

  async #serve(stream: SocketStream, count: number): Promise<void> {
    try {
      await (this.#options.script ?? ((stream) => this.#serveRfb(stream, count)))(stream);
    } catch (error) {
      if (!(error instanceof FaultPlayed)) this.errors.push(error);
    }
    stream.close();
    await stream.closed;
    this.#open.delete(stream);
    this.#changed();
  }

  async #serveRfb(stream: SocketStream, count: number): Promise<void> {
    const { fault, password, version } = this.#options;
    const suffers = fault && count <= (fault.times ?? Infinity) ? fault : undefined;
    if (suffers?.at === "connect") return await this.#play(suffers, stream);
    let agreed: RfbVersion = "3.8";
    await serveRfb(this.#shapeOutput(stream), this.#desktop, {
      ...(version && { version }),
      ...(password !== undefined && { password }),
      observe: (event) => {
        if (event.type === "ProtocolVersion") agreed = event.version;
        this.events.push(event);
        this.#changed();
      },
      reach: async (stage) => {
        if (suffers?.at === stage) await this.#play(suffers, stream, agreed);
      },
    });
  }

  async #play(fault: Fault, stream: SocketStream, version: RfbVersion = "3.8"): Promise<void> {
    if (fault.then === "stall") await stream.ended;
    if (fault.then === "reset") stream.reset();
    if (fault.then === "garbage") await stream.write(crypto.getRandomValues(new Uint8Array(4096)).fill(0x58, 0, 12));
    if (fault.then === "http") await stream.write(new TextEncoder().encode(HTTP));
    if (fault.then === "refuse") await stream.write(buildRefusal(fault, version));
    throw new FaultPlayed();
  }

  /** The stream with the greeting put in and the dribble applied. */
  #shapeOutput(stream: SocketStream): ByteStream {
    const { greeting, dribble } = this.#options;
    let next: Uint8Array | undefined = typeof greeting === "string" ? new TextEncoder().encode(greeting) : greeting;
    const write = async (chunk: Uint8Array) => {
      const bytes = next ?? chunk;
      next = undefined;
      if (!dribble) return await stream.write(bytes);
      for (let at = 0; at < bytes.length; at++) await stream.write(bytes.subarray(at, at + 1));
    };
    return { readable: stream.readable, writable: new WritableStream({ write }), close: () => stream.close() };
  }
}

class FaultPlayed extends Error {}

/** No security types with a reason, or a failed SecurityResult (RFC 6143 sections 7.1.2 and 7.1.3). */
function buildRefusal({ at, reason = "Go away" }: Fault, version: RfbVersion): Uint8Array {
  const text = withLength(new TextEncoder().encode(reason));
  if (at === "security") return version === "3.8" ? Uint8Array.of(0, 0, 0, 1, ...text) : Uint8Array.of(0, 0, 0, 1);
  return version === "3.3" ? Uint8Array.of(0, 0, 0, 0, ...text) : Uint8Array.of(0, ...text);
}
