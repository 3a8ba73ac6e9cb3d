/** A TCP proxy that cuts connections where a test wants it: after so many bytes, in one of the ways in which links go. */
import { connect, createServer, type Server, type Socket } from "node:net";

/** How a connection goes: with a TCP reset, with a FIN, or without a sign, so that both ends think that it is there. */
export const WAYS = ["reset", "fin", "silence"] as const;

/** Where a connection is cut. */
export interface Cut {
  readonly way: typeof WAYS[number];
  readonly direction: "up" | "down";
  /** How many bytes of the direction pass before, of those behind the HTTP head, or of the head. */
  readonly afterBytes: number;
  readonly isInHead: boolean;
}

interface CuttingProxyOptions {
  /** The port of the loopback that it leads to. */
  readonly target: number;
  /** Says where the next connection is cut; undefined: nowhere. */
  readonly planCut: () => Cut | undefined;
  /** Told of each cut. */
  readonly onCut?: (cut: Cut) => void;
}

const HEAD_END = "\r\n\r\n";
const MOST_SILENT = 32;

/** The proxy; disposing of it resets what is left. */
export class CuttingProxy implements AsyncDisposable {
  readonly #options: CuttingProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #silent: Socket[] = [];
  #isArmed = true;

  private constructor(options: CuttingProxyOptions) {
    this.#options = options;
    this.#server = createServer((near) => this.#join(near));
  }

  static async start(options: CuttingProxyOptions): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(options);
    await new Promise<void>((done) => proxy.#server.listen(0, "127.0.0.1", done));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** Cuts nothing any more. */
  disarm(): void {
    this.#isArmed = false;
  }

  /** Resets every connection. */
  reset(): void {
    for (const socket of this.#sockets) end(socket, "reset");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    this.reset();
    await closed;
  }

  #join(near: Socket): void {
    const far = connect(this.#options.target, "127.0.0.1");
    const cut = this.#options.planCut();
    const pair = { isSilent: false };
    const goCut = ({ way }: Cut) => {
      if (way === "silence") {
        pair.isSilent = true;
        this.#silence(near, far);
      } else for (const socket of [near, far]) end(socket, way);
      this.#options.onCut?.(cut!);
    };
    for (const [direction, from, to] of [["up", near, far], ["down", far, near]] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on("error", () => {});
      from.on("close", () => {
        this.#sockets.delete(from);
        if (!pair.isSilent) to.destroySoon();
      });
      pass(
        from,
        to,
        cut?.direction === direction ? new Countdown(cut, () => this.#isArmed, () => goCut(cut)) : undefined,
      );
    }
  }

  /** Nothing passes any more. After a while, the systems at the ends give up connections as old as this. */
  #silence(...sockets: Socket[]): void {
    for (const socket of sockets) {
      socket.removeAllListeners("data");
      socket.pause();
    }
    this.#silent.push(...sockets);
    for (const socket of this.#silent.splice(0, this.#silent.length - MOST_SILENT)) end(socket, "reset");
  }
}

/** Counts the bytes of one direction up to the cut. */
class Countdown {
  readonly #cut: Cut;
  readonly #isArmed: () => boolean;
  readonly #run: () => void;
  #head = "";
  #isInHead = true;
  #left: number;

  constructor(cut: Cut, isArmed: () => boolean, run: () => void) {
    this.#cut = cut;
    this.#isArmed = isArmed;
    this.#run = run;
    this.#left = cut.afterBytes;
  }

  /** What of the bytes passes. */
  take(data: Uint8Array): Uint8Array {
    const counted = this.#count(data);
    const excess = counted - this.#left;
    if (this.#left > 0 && !this.#isArmed()) this.#left = Infinity;
    if (excess <= 0 || this.#left === Infinity) {
      this.#left -= counted;
      return data;
    }
    this.#left = 0;
    // What passes is on its way before the end is.
    setTimeout(this.#run);
    return data.subarray(0, data.length - excess);
  }

  #count(data: Uint8Array): number {
    if (this.#cut.isInHead || !this.#isInHead) return data.length;
    this.#head += new TextDecoder("latin1").decode(data);
    const end = this.#head.indexOf(HEAD_END);
    this.#isInHead = end < 0;
    return this.#isInHead ? 0 : this.#head.length - end - HEAD_END.length;
  }
}

function pass(from: Socket, to: Socket, countdown: Countdown | undefined): void {
  from.on("data", (data: Uint8Array) => {
    if (to.write(countdown?.take(data) ?? data)) return;
    from.pause();
    to.once("drain", () => from.resume());
  });
}

function end(socket: Socket, way: "reset" | "fin"): void {
  if (socket.destroyed) return;
  if (way === "fin") socket.destroySoon();
  else socket.resetAndDestroy();
}
