/** Keeps the process within its descriptors and its memory, and its listeners reachable. */
import type { Limits, MemoryLimit } from "./config/config.ts";
import type { Gateway } from "./gateway.ts";
import type { Log } from "./telemetry/log.ts";
import type { Listener, Revival } from "./tls/serve.ts";
import { type Descriptors, openDescriptors } from "./valve/descriptors.ts";
import { findCollector, IdleCollection } from "./valve/idle_collection.ts";
import { findMemoryLimit, openMachine } from "./valve/memory.ts";
import { Trigger } from "./valve/trigger.ts";
import { Valve, type ValveCause } from "./valve/valve.ts";
import { askListener, watchListener } from "./valve/watchdog.ts";

interface GuardOptions {
  readonly log: Log;
  /** The limits in force. */
  readonly limits: () => Limits;
  readonly gateway: Pick<Gateway, "registry" | "metrics" | "notices">;
}

/** Memory is looked at often, since one viewer on a fast link fills a gigabyte in a second. */
const MEMORY_EVERY_MS = 250;
const DESCRIPTORS_EVERY_MS = 1_000;
const IDLE_EVERY_MS = 1_000;
/** Two connections for each session, and as many again for pages and for what idles. */
const DESCRIPTORS_PER_SESSION = 4;
/** From this share of the descriptors on, new sessions wait, so that honest use alone does not open the valve. */
const SHORT_SHARE = 0.75;
const VALVE_SHARE = 0.8;
/** A crowd of connections that leaves by itself within this time costs no session. */
const DESCRIPTORS_SUSTAIN_MS = 10_000;
/** This far above its limit, memory is so short that viewers get no goodbye. */
const URGENT_FACTOR = 1.15;
/** A listener that did not answer is ended with the valve; after so many misses in spite of it, with the process. */
const GIVE_UP_MISSES = 9;
const NOTICE_MS = 3_600_000;

const REASONS: Readonly<Record<ValveCause, string>> = {
  memory: "memory was above limits.memory",
  descriptors: "file descriptors were about to run out",
  listener: "the listener did not answer",
  signal: "SIGUSR2 was sent",
};

/** See the module. */
export class ProcessGuard {
  /** Resolves with the reason when the gateway cannot be reached and only a new process can help. */
  readonly failed: Promise<string>;
  readonly #options: GuardOptions;
  readonly #valve: Valve;
  readonly #fail: (reason: string) => void;
  /** Undefined where they are not limited, as on Windows, or cannot be counted. */
  readonly #descriptors: Descriptors | undefined;
  readonly #machine = openMachine();
  readonly #idle = new IdleCollection({ heapBytes: () => Deno.memoryUsage().heapUsed, collect: findCollector() });
  readonly #triggers = {
    memory: new Trigger({ sustainMs: 0 }),
    descriptors: new Trigger({ sustainMs: DESCRIPTORS_SUSTAIN_MS }),
  };
  #memory: { readonly from: MemoryLimit; readonly bytes: number } | undefined;
  #listeners: readonly Listener[] = [];
  #watches: readonly { close(): void }[] = [];

  constructor(options: GuardOptions) {
    const { log, limits, gateway: { registry } } = options;
    this.#options = options;
    const failed = Promise.withResolvers<string>();
    this.failed = failed.promise;
    this.#fail = failed.resolve;
    const atLeast = limits().sessions * DESCRIPTORS_PER_SESSION;
    this.#descriptors = openDescriptors(atLeast);
    this.#valve = new Valve({
      log,
      sessions: () => registry.list(),
      replace: async () => void await Promise.all(this.#listeners.map((listener) => listener.replace())),
      refuse: (addresses) => registry.overload.refuse(addresses),
      note: (cause) => this.#note(cause),
      residentBytes,
      isUrgent: () => residentBytes() > this.#memoryLimit() * URGENT_FACTOR,
    });
    this.#describe(atLeast);
  }

  /** How listeners come back. */
  get revival(): Revival {
    const { metrics } = this.#options.gateway;
    return {
      hasRoom: () => this.#descriptors?.hasRoom() ?? true,
      onDown: () => this.#descriptors?.release(),
      onUp: () => metrics.listenerReturned(),
      onGivenUp: this.#fail,
    };
  }

  /** Begins to watch. The first listener is the one that answers /healthz. */
  begin(listeners: readonly Listener[], isSecure: boolean): void {
    const [main] = this.#listeners = listeners;
    const memory = setInterval(() => this.#lookAtMemory(), MEMORY_EVERY_MS);
    const descriptors = setInterval(() => this.#lookAtDescriptors(), DESCRIPTORS_EVERY_MS);
    const idle = setInterval(() => this.#idle.look(this.#options.gateway.registry.size), IDLE_EVERY_MS);
    const watchdog = watchListener({
      ask: async () => main?.isUp ? await askListener(main.bound, isSecure) : "unknown",
      onSilent: (misses) => this.#takeSilence(misses),
    });
    const clear = (timer: ReturnType<typeof setInterval>) => ({ close: () => clearInterval(timer) });
    this.#watches = [clear(memory), clear(descriptors), clear(idle), watchdog];
  }

  /** Opens the valve for somebody who asks. */
  openValve(): Promise<void> {
    return this.#valve.open("signal");
  }

  close(): void {
    for (const watch of this.#watches) watch.close();
    this.#descriptors?.[Symbol.dispose]();
  }

  #lookAtMemory(): void {
    this.#openIfDue("memory", residentBytes() / this.#memoryLimit());
  }

  #lookAtDescriptors(): void {
    if (this.#descriptors === undefined) return;
    this.#descriptors.look();
    if (this.#listeners.some(({ isUp }) => !isUp)) this.#descriptors.release();
    const { used, limit } = this.#descriptors;
    const share = limit.isExact ? used / limit.count : 0;
    const { registry, metrics } = this.#options.gateway;
    metrics.descriptors(used, limit.count);
    registry.overload.isShort = share >= SHORT_SHARE;
    this.#openIfDue("descriptors", share / VALVE_SHARE);
  }

  #openIfDue(cause: "memory" | "descriptors", share: number): void {
    const trigger = this.#triggers[cause];
    if (!trigger.isDue(share, performance.now()) || !this.#valve.isReady) return;
    trigger.noteActed();
    void this.#valve.open(cause);
  }

  #takeSilence(misses: number): void {
    if (misses >= GIVE_UP_MISSES) this.#fail("The listener accepts no connections");
    else if (this.#valve.isReady) void this.#valve.open("listener");
  }

  #note(cause: ValveCause): void {
    const { metrics, notices } = this.#options.gateway;
    const at = new Date().toISOString().slice(0, 16).replace("T", " ");
    metrics.valveOpened(cause);
    notices.set("valve", `Every connection was ended at ${at} UTC: ${REASONS[cause]}`, NOTICE_MS);
  }

  /** In bytes; infinite without a limit. */
  #memoryLimit(): number {
    const from = this.#options.limits().memory;
    if (this.#memory?.from !== from) {
      this.#memory = { from, bytes: findMemoryLimit(from, this.#machine) ?? Infinity };
    }
    return this.#memory!.bytes;
  }

  #describe(wanted: number): void {
    const { log } = this.#options;
    const memory = this.#memoryLimit();
    const { count, isExact } = this.#descriptors?.limit ?? { count: Infinity, isExact: false };
    const descriptors = count === Infinity ? undefined : isExact ? count : `at least ${wanted}`;
    log.info("Limits of the process", { descriptors, memory: memory === Infinity ? undefined : memory });
    if (!isExact || count >= wanted) return;
    const advice = "raise it with ulimit -n or LimitNOFILE, or lower limits.sessions";
    log.warn(`The limit on file descriptors is ${count}, below 4 × limits.sessions (${wanted}): ${advice}`);
  }
}

function residentBytes(): number {
  return Deno.memoryUsage().rss;
}
