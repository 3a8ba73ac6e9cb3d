/** Metrics for Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/ */
import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** RFB bytes that a session has passed. The numbers only grow. */
interface ByteCount {
  readonly upBytes: number;
  readonly downBytes: number;
}

interface MetricsOptions {
  /** The live sessions. Each has the same `count` object for its whole life, so that its bytes are counted once. */
  sessions: () => Iterable<{ readonly state: string; readonly count: ByteCount }>;
  /** The states that a live session can be in. */
  states: readonly string[];
  /** Number of connections to sources that are logged in and wait for a viewer. */
  prewarmed: () => number;
  /** Number of changes that are in effect but could not be stored yet. */
  unsaved?: () => number;
  /** Number of viewers that are still connected after their session has ended. */
  stuck?: () => number;
  /** Bytes that are kept until viewers acknowledge them. */
  unacknowledged?: () => number;
  /** Numbers of log lines that were lost, by where they should have gone. They only grow. */
  lostLines?: () => Readonly<Record<string, number>>;
  memoryUsage?: () => { rss: number; heapUsed: number; external: number };
}

/** The instruments. Calls are cheap and never throw. */
export interface Metrics {
  /** A session is open; `seconds` is the time since its WebSocket was upgraded. */
  sessionOpened(seconds: number): void;
  /** A session ended with a code of errors.ts; `count` is its object from the list of live sessions. */
  sessionEnded(code: string, count: ByteCount): void;
  /** A viewer came back to its session: "ok", "ended" if that had ended, or a code of errors.ts. */
  resumed(outcome: "ok" | "ended" | string): void;
  /** A connection to a source was opened ("ok"), or failed with a code of errors.ts. */
  dialed(code: "ok" | string, seconds: number): void;
  /** A request was refused with a code of errors.ts. */
  refused(code: string): void;
  eventLoopLag(seconds: number): void;
  /** File descriptors in use, and the limit on them as far as it is known. */
  descriptors(used: number, limit: number): void;
  /** Every connection was ended, for a cause. */
  valveOpened(cause: string): void;
  /** A listener that could accept no more is back. */
  listenerReturned(): void;
  /** The text exposition format. */
  render(): Promise<string>;
  readonly contentType: string;
}

type Registers = Registry[];

/** From a source on the same machine to the longest time that the gateway waits for a source. */
const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30];

const PREWARMED_HELP = "Connections to sources that are logged in and wait for a viewer.";
const STUCK_HELP = "Viewers that are still connected after their session has ended.";
const UNACKNOWLEDGED_HELP = "Bytes that are kept until viewers acknowledge them.";
const UNSAVED_HELP = "Changes that are in effect but not stored: a restart would undo them.";

/** Makes the instruments in a registry of their own. Gauges are read when Prometheus scrapes. */
export function createMetrics(options: MetricsOptions): Metrics {
  const { sessions } = options;
  const registry = new Registry();
  const registers = [registry];
  const endings = countByCode("porthole_sessions_ended_total", "Sessions that ended, by code.", registers);
  const dials = countByCode("porthole_dials_total", "Connections to sources, by outcome.", registers);
  const refusals = countByCode("porthole_refused_total", "Requests refused, by code.", registers);
  const dialTimes = timeSeconds("porthole_dial_seconds", "Time until a source accepted the connection.", registers);
  const openTimes = timeSeconds(
    "porthole_first_byte_seconds",
    "Time from the WebSocket upgrade until the first RFB byte could pass: dial, login and handshake.",
    registers,
  );
  const resumes = new Counter({
    name: "porthole_resumes_total",
    help: "Viewers that came back to their sessions, by outcome.",
    labelNames: ["outcome"],
    registers,
  });
  const countBytes = createByteCounter(sessions, registers);
  readAtScrape(options, registers);
  return {
    sessionOpened: (seconds) => openTimes.observe(seconds),
    sessionEnded: (code, count) => {
      endings.inc({ code });
      countBytes(count);
    },
    resumed: (outcome) => resumes.inc({ outcome }),
    dialed: (code, seconds) => {
      dials.inc({ code });
      if (code === "ok") dialTimes.observe(seconds);
    },
    refused: (code) => refusals.inc({ code }),
    ...measureProcess(registers),
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** The metrics whose numbers are known elsewhere. */
function readAtScrape(options: MetricsOptions, registers: Registers): void {
  const { sessions, states, prewarmed, unsaved = () => 0, stuck = () => 0, unacknowledged = () => 0 } = options;
  gaugeSessions(sessions, states, registers);
  gaugeNumber("porthole_prewarmed", PREWARMED_HELP, prewarmed, registers);
  gaugeNumber("porthole_unsaved_changes", UNSAVED_HELP, unsaved, registers);
  gaugeNumber("porthole_stuck_viewers", STUCK_HELP, stuck, registers);
  gaugeNumber("porthole_unacknowledged_bytes", UNACKNOWLEDGED_HELP, unacknowledged, registers);
  gaugeMemory(options.memoryUsage ?? Deno.memoryUsage, registers);
  countLostLines(options.lostLines ?? (() => ({})), registers);
}

type ProcessMetrics = Pick<Metrics, "eventLoopLag" | "descriptors" | "valveOpened" | "listenerReturned">;

function measureProcess(registers: Registers): ProcessMetrics {
  const lag = new Gauge({
    name: "porthole_event_loop_lag_seconds",
    help: "How late the event loop ran its last timer.",
    registers,
  });
  const descriptors = new Gauge({
    name: "porthole_descriptors",
    help: "File descriptors: in use, and the limit as far as it is known.",
    labelNames: ["kind"],
    registers,
  });
  const openings = new Counter({
    name: "porthole_valve_opened_total",
    help: "How often every connection was ended, by cause.",
    labelNames: ["cause"],
    registers,
  });
  const returns = new Counter({
    name: "porthole_listener_returns_total",
    help: "Listeners that could accept no more and came back.",
    registers,
  });
  return {
    eventLoopLag: (seconds) => lag.set(seconds),
    descriptors: (used, limit) => {
      descriptors.set({ kind: "used" }, used);
      descriptors.set({ kind: "limit" }, limit);
    },
    valveOpened: (cause) => openings.inc({ cause }),
    listenerReturned: () => returns.inc(),
  };
}

function countByCode(name: string, help: string, registers: Registers): Counter<"code"> {
  return new Counter({ name, help, labelNames: ["code"], registers });
}

function timeSeconds(name: string, help: string, registers: Registers): Histogram {
  return new Histogram({ name, help, buckets: SECONDS_BUCKETS, registers });
}

/** Registers the byte counter; returns a function that adds the bytes of a session since its last call. */
function createByteCounter(sessions: MetricsOptions["sessions"], registers: Registers): (count: ByteCount) => void {
  const counted = new WeakMap<ByteCount, ByteCount>();
  const add = (count: ByteCount) => {
    const { upBytes, downBytes } = count;
    const before = counted.get(count) ?? { upBytes: 0, downBytes: 0 };
    counter.inc({ direction: "up" }, upBytes - before.upBytes);
    counter.inc({ direction: "down" }, downBytes - before.downBytes);
    counted.set(count, { upBytes, downBytes });
  };
  const counter = new Counter({
    name: "porthole_bytes_total",
    help: "RFB bytes passed, by direction.",
    labelNames: ["direction"],
    registers,
    collect() {
      for (const { count } of sessions()) add(count);
    },
  });
  add({ upBytes: 0, downBytes: 0 });
  return add;
}

/** Each state is reported, as 0 when no session is in it: without a line, an alert on it cannot fire. */
function gaugeSessions(sessions: MetricsOptions["sessions"], states: readonly string[], registers: Registers): void {
  new Gauge({
    name: "porthole_sessions",
    help: "Live sessions, by state.",
    labelNames: ["state"],
    registers,
    collect() {
      const counts = new Map(states.map((state) => [state, 0]));
      this.reset();
      for (const { state } of sessions()) counts.set(state, (counts.get(state) ?? 0) + 1);
      for (const [state, count] of counts) this.set({ state }, count);
    },
  });
}

function gaugeNumber(name: string, help: string, read: () => number, registers: Registers): void {
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(read());
    },
  });
}

function countLostLines(lostLines: NonNullable<MetricsOptions["lostLines"]>, registers: Registers): void {
  new Counter({
    name: "porthole_lines_lost_total",
    help: "Lines of the log and the audit log that were lost, by where they should have gone.",
    labelNames: ["to"],
    registers,
    collect() {
      this.reset();
      for (const [to, count] of Object.entries(lostLines())) this.inc({ to }, count);
    },
  });
}

function gaugeMemory(memoryUsage: NonNullable<MetricsOptions["memoryUsage"]>, registers: Registers): void {
  new Gauge({
    name: "porthole_memory_bytes",
    help: "Memory of the process, by kind.",
    labelNames: ["kind"],
    registers,
    collect() {
      const { rss, heapUsed, external } = memoryUsage();
      this.set({ kind: "resident" }, rss);
      this.set({ kind: "heap" }, heapUsed);
      this.set({ kind: "external" }, external);
    },
  });
}
