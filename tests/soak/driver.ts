/** What happens to the gateway: lanes that each do one thing after another, chosen by chance. */
import type { Seeded } from "../fakes/seeded.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { MESSAGE_BYTES } from "./pattern.ts";
import type { Answer, SoakGateway } from "./soak_gateway.ts";
import { SoakViewer } from "./soak_viewer.ts";

/** After a renewal or the valve, connections on the old listener may be lost for this long. */
const DISTURBED_MS = 15_000;

/** One thing that a lane does: it returns when nothing of it is under way any more, sessions apart. */
export type Action = (driver: Driver, chance: Seeded) => Promise<void>;

/** How a session is asked for: as the administrator, unless the headers say as whom. */
interface Opening {
  readonly protocol?: "binary" | "porthole.v1";
  readonly headers?: Readonly<Record<string, string>>;
  readonly mayEnd?: string;
  /** The viewer leaves when the desktop has not come by then. */
  readonly patienceMs?: number;
}

/** How sessions end with a listener: with a goodbye, with its close frame, with the valve, or with the connection. */
const DISTURBED_CODES: readonly (number | undefined)[] = [1012, 1001, 1005, undefined];

/** What is wrong, in sentences, each of which is printed as it comes. */
export class Faults {
  readonly all: string[] = [];

  add(what: string): void {
    this.all.push(what);
    console.error(`fault: ${what}`);
  }
}

/** The state of one soak. */
export class Driver {
  /** Whether the program has not ended. */
  isRunning = true;
  /** How often what was done. */
  readonly counts = new Map<string, number>();
  /** Sessions that stay open until the next check. */
  readonly held = new Set<SoakViewer>();
  /** Connections without a session that stay open until the next check. */
  readonly idle = new Set<{ close(): void }>();
  #disturbedUntilMs = 0;
  #edit: Promise<unknown> = Promise.resolve();

  constructor(readonly gateway: SoakGateway, readonly faults: Faults) {}

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  fault(what: string): void {
    this.faults.add(what);
  }

  /** From now on connections may be lost for a while, and sessions end with 1012. */
  disturb(): void {
    this.#disturbedUntilMs = performance.now() + DISTURBED_MS;
  }

  get isDisturbed(): boolean {
    return performance.now() < this.#disturbedUntilMs;
  }

  /** Edits the configuration after the edits before it. */
  edit<T>(how: () => Promise<T>): Promise<T> {
    const next = this.#edit.then(how);
    this.#edit = next.catch(() => {});
    return next;
  }

  /** Opens a session; undefined if it ended before the desktop came. */
  async open(source: string, options: Opening = {}): Promise<SoakViewer | undefined> {
    const { protocol = "binary", headers = this.gateway.bearer(), mayEnd, patienceMs } = options;
    const viewer = new SoakViewer({ port: this.gateway.port, source, headers, protocol });
    viewer.mayEnd = mayEnd;
    this.count("sessions");
    this.#judgeAtEnd(viewer);
    const patience = patienceMs === undefined ? undefined : setTimeout(() => viewer.leave("cut"), patienceMs);
    await viewer.enter();
    clearTimeout(patience);
    return viewer.isOpen ? viewer : undefined;
  }

  /** Waits until these messages are there, or the session is over. */
  async receive(viewer: SoakViewer): Promise<void> {
    await waitUntil(
      () => viewer.isOver || viewer.check.bytes >= viewer.asked * MESSAGE_BYTES,
      `${viewer.asked * MESSAGE_BYTES} bytes of ${viewer.source}: ${viewer.check.bytes}`,
    );
  }

  /** Makes a request; a connection lost in a renewal is undefined. */
  async request(path: string, init?: RequestInit): Promise<Answer | undefined> {
    try {
      return await this.gateway.request(path, init);
    } catch (thrown) {
      if (!this.isDisturbed) this.fault(`${path} was not answered: ${thrown}`);
    }
  }

  /** Once a session is over, its bytes must be those that were sent, and its end one that the driver knows of. */
  async #judgeAtEnd(viewer: SoakViewer): Promise<void> {
    await viewer.raw.gone;
    this.held.delete(viewer);
    const { check, asked, source, ending } = viewer;
    this.count("bytes", check.bytes);
    if (check.wrongAt !== undefined) this.fault(`byte ${check.wrongAt} of ${source} is not the one that was sent`);
    if (check.bytes > asked * MESSAGE_BYTES) this.fault(`${source} gave more than was asked for`);
    if (viewer.hasLeft || viewer.mayEnd !== undefined) return;
    if (this.isDisturbed && DISTURBED_CODES.includes(viewer.close?.code)) return;
    this.fault(`a session of ${source} ended unasked: ${ending}`);
  }
}
