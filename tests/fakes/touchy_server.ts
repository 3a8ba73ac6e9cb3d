/** A VNC server that takes connections amiss as real ones do, and remembers how far each one went. */
import { answerChallenge } from "../../src/demo/vnc_auth.ts";
import { type FakeRfb, startFakeRfb } from "./rfb_server.ts";
import type { SocketStream } from "./socket_stream.ts";
import { SERVER_INIT } from "./rfb_security/source.ts";

/** How far a connection went. */
export type Reached = "connect" | "types" | "chosen" | "login" | "desktop";

/** What it takes amiss. */
export interface Temper {
  /** The security types on offer; only None and VNC Authentication are spoken. */
  readonly types?: readonly number[];
  readonly password?: string;
  /** Like TigerVNC, refuses its sixth connection since the last login. */
  readonly counts?: boolean;
  /** Like x11vnc without -forever, listens no more once a client that sent ClientInit has left. */
  readonly ends?: boolean;
  /** Like x11vnc -accept and TigerVNC's QueryConnect, asks its user before it goes on. */
  readonly asks?: "offer" | "login" | "never";
}

/** Starts it. */
export async function startTouchyServer(temper: Temper = {}): Promise<TouchyServer> {
  const server = new TouchyServer(temper);
  await server.listen();
  return server;
}

/** Made by `startTouchyServer()`. */
export class TouchyServer implements AsyncDisposable {
  /** How far each connection went, oldest first. */
  readonly reached: Reached[] = [];
  /** How often its user was asked. */
  asked = 0;
  /** How often it refused a connection because of those before. */
  blocked = 0;
  /** Resolve to accept what its user was asked. */
  readonly prompts: (() => void)[] = [];
  #temper: Required<Temper>;
  #marks = 0;
  #fake: FakeRfb | undefined;
  #port = 0;

  constructor(temper: Temper) {
    const defaults = { types: [1], password: "", counts: false, ends: false, asks: "never" as const };
    this.#temper = { ...defaults, ...temper };
  }

  get port(): number {
    return this.#port;
  }

  async listen(): Promise<void> {
    this.#fake = await startFakeRfb({ script: (stream) => this.#serve(stream), port: this.#port });
    this.#port = this.#fake.port;
  }

  /** Ends, as a server that was stopped. */
  async stop(): Promise<void> {
    await this.#fake?.stop();
    this.#fake = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Asks nobody from now on. */
  calm(): void {
    this.#temper = { ...this.#temper, asks: "never" };
  }

  /** Resolves when every connection has left. */
  async untilIdle(): Promise<void> {
    await this.#fake?.waitFor(({ live }) => live === 0);
  }

  async #serve(stream: SocketStream): Promise<void> {
    const at = this.reached.push("connect") - 1;
    const reach = (reached: Reached) => void (this.reached[at] = reached);
    if (this.#temper.counts && this.#marks >= 5) return await this.#block(stream);
    this.#marks++;
    await this.#greet(stream, reach).catch(() => {});
    await stream.ended;
    if (this.#temper.ends && this.reached[at] === "desktop") void this.stop();
  }

  async #block(stream: SocketStream): Promise<void> {
    this.blocked++;
    const reason = "Too many security failures";
    await stream.write(concat(encode("RFB 003.003\n"), [0, 0, 0, 0, 0, 0, 0, reason.length], encode(reason)));
  }

  async #greet(stream: SocketStream, reach: (reached: Reached) => void): Promise<void> {
    const { types, password } = this.#temper;
    await stream.write(encode("RFB 003.008\n"));
    await read(stream, 12);
    if (this.#temper.asks === "offer") await this.#ask(stream);
    reach("types");
    await stream.write(concat([types.length], types));
    const [chosen] = await read(stream, 1);
    reach("chosen");
    if (chosen === 2 && !await this.#challenge(stream, password)) {
      return await stream.write(concat([0, 0, 0, 1, 0, 0, 0, 0]));
    }
    if (this.#temper.asks === "login") await this.#ask(stream);
    this.#marks = 0;
    await stream.write(concat([0, 0, 0, 0]));
    reach("login");
    await read(stream, 1);
    reach("desktop");
    await stream.write(SERVER_INIT);
  }

  async #challenge(stream: SocketStream, password: string): Promise<boolean> {
    const challenge = crypto.getRandomValues(new Uint8Array(16));
    await stream.write(challenge);
    return String(await read(stream, 16)) === String(answerChallenge(password, challenge));
  }

  async #ask(stream: SocketStream): Promise<void> {
    this.asked++;
    await Promise.race([stream.ended, new Promise<void>((accept) => this.prompts.push(accept))]);
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function concat(...parts: ArrayLike<number>[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...Array.from(part)]));
}

async function read(stream: SocketStream, bytes: number): Promise<Uint8Array> {
  const reader = stream.readable.getReader({ mode: "byob" });
  try {
    const { value } = await reader.read(new Uint8Array(bytes), { min: bytes });
    if (value?.length !== bytes) throw new Error("The connection ended");
    return value;
  } finally {
    reader.releaseLock();
  }
}
