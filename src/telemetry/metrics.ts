/** What Prometheus scrapes: https://prometheus.io/docs/instrumenting/exposition_formats/ */
import { Counter, Gauge, Histogram, Registry } from "prom-client";

interface LiveBytes {
  readonly upBytes: number;
  readonly downBytes: number;
}

interface MetricsOptions {
  /** Byte counts of the sessions that run now; those that ended are added by `sessionEnded`. */
  liveBytes: () => Iterable<LiveBytes>;
  /** Connections to sources that are kept ready now. */
  prewarmed: () => number;
  memoryUsage?: () => { rss: number; heapUsed: number; external: number };
}

/** The instruments; each call costs an addition and never throws. */
export interface Metrics {
  sessionOpened(handshakeSeconds: number): void;
  sessionEnded(code: string, bytes: LiveBytes): void;
  sessionsNow(byState: ReadonlyMap<string, readonly unknown[]>): void;
  dialed(code: "ok" | string, seconds: number): void;
  refused(code: string): void;
  eventLoopLag(seconds: number): void;
  /** Text exposition format. */
  render(): Promise<string>;
  readonly contentType: string;
}

const SECONDS_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Makes the instruments in a registry of their own. */
export function createMetrics({ liveBytes, prewarmed, memoryUsage = Deno.memoryUsage }: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const ended = { upBytes: 0, downBytes: 0 };
  const sessions = new Gauge({
    name: "porthole_sessions",
    help: "Live sessions by state.",
    labelNames: ["state"],
    registers,
  });
  const ends = new Counter({
    name: "porthole_sessions_ended_total",
    help: "Sessions that ended, by code.",
    labelNames: ["code"],
    registers,
  });
  const dials = new Counter({
    name: "porthole_dials_total",
    help: "Connections to sources, by outcome.",
    labelNames: ["code"],
    registers,
  });
  const refusals = new Counter({
    name: "porthole_refused_total",
    help: "Requests refused, by code.",
    labelNames: ["code"],
    registers,
  });
  const dialSeconds = new Histogram({
    name: "porthole_dial_seconds",
    help: "Time until a source's connection was open.",
    buckets: SECONDS_BUCKETS,
    registers,
  });
  const handshakeSeconds = new Histogram({
    name: "porthole_first_byte_seconds",
    help: "Time from the upgrade until the first byte could pass.",
    buckets: SECONDS_BUCKETS,
    registers,
  });
  const lag = new Gauge({
    name: "porthole_event_loop_lag_seconds",
    help: "Longest delay of a timer in the last interval.",
    registers,
  });
  new Gauge({
    name: "porthole_bytes_total",
    help: "RFB bytes passed, by direction.",
    labelNames: ["direction"],
    registers,
    collect() {
      let { upBytes, downBytes } = ended;
      for (const live of liveBytes()) {
        upBytes += live.upBytes;
        downBytes += live.downBytes;
      }
      this.set({ direction: "up" }, upBytes);
      this.set({ direction: "down" }, downBytes);
    },
  });
  new Gauge({
    name: "porthole_prewarmed",
    help: "Connections to sources that are logged in and wait for a viewer.",
    registers,
    collect() {
      this.set(prewarmed());
    },
  });
  new Gauge({
    name: "porthole_memory_bytes",
    help: "Memory of the process.",
    labelNames: ["kind"],
    registers,
    collect() {
      const { rss, heapUsed, external } = memoryUsage();
      this.set({ kind: "resident" }, rss);
      this.set({ kind: "heap" }, heapUsed);
      this.set({ kind: "external" }, external);
    },
  });
  return {
    sessionOpened: (seconds) => handshakeSeconds.observe(seconds),
    sessionEnded: (code, bytes) => {
      ends.inc({ code });
      ended.upBytes += bytes.upBytes;
      ended.downBytes += bytes.downBytes;
    },
    sessionsNow: (byState) => {
      sessions.reset();
      for (const [state, members] of byState) sessions.set({ state }, members.length);
    },
    dialed: (code, seconds) => {
      dials.inc({ code });
      if (code === "ok") dialSeconds.observe(seconds);
    },
    refused: (code) => refusals.inc({ code }),
    eventLoopLag: (seconds) => lag.set(seconds),
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
