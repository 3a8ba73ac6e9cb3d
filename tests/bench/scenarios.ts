/** The scenarios: the load of each, and the numbers taken from one run of it. */
import type { Job, Result } from "./load.ts";

/** One run of a scenario against one subject. */
export interface Run {
  readonly result: Result;
  /** The number of sessions: as many as the scenario asks for, or as the subject can carry. */
  readonly sessions: number;
  /** CPU time that the subject took, children included. */
  readonly cpuSeconds: number;
  /** The growth of the subject's memory. */
  readonly memoryKiB: number;
}

/** One number of a scenario: a row of the table. */
export interface Measure {
  readonly label: string;
  readonly digits: number;
  /** The target of the ratio to websockify. */
  readonly target?: string;
  take(run: Run): number;
}

/** A load and what to read off it. */
export interface Scenario {
  /** The name for `--only`. */
  readonly name: string;
  /** Which source it uses. */
  readonly source: string;
  /** The gateway's own source to compare with, in place of websockify. */
  readonly than?: string;
  /** How often each subject has its turn after one to warm up; a single turn has no warm-up. */
  readonly rounds: number;
  /** Pause before memory is read. */
  readonly settleMs?: number;
  readonly job: Omit<Job, "url">;
  readonly measures: readonly Measure[];
}

/** Idle sessions that are open on each subject before its first turn, so that what it needs only once is not measured. */
export const WARM_SESSIONS = 8;

const BYTES_PER_MB = 1e6;
const BYTES_PER_GB = 1e9;
const BYTES_PER_KIB = 1024;
const BYTES_PER_KB = 1000;

function measureFlood(what: string, speedTarget?: string, cpuTarget?: string): Measure[] {
  return [
    {
      label: `${what}, MB/s`,
      digits: 0,
      ...(speedTarget && { target: speedTarget }),
      take: ({ result }) => (result.bytes ?? NaN) / BYTES_PER_MB / (result.ms / 1000),
    },
    {
      label: `${what}, CPU s/GB`,
      digits: 2,
      ...(cpuTarget && { target: cpuTarget }),
      take: ({ result, cpuSeconds }) => cpuSeconds / ((result.bytes ?? NaN) / BYTES_PER_GB),
    },
  ];
}

function measureEcho(what: string, rateTarget?: string, p50Target?: string): Measure[] {
  return [
    {
      label: `${what}, echoes/s`,
      digits: 0,
      ...(rateTarget && { target: rateTarget }),
      take: ({ result }) => (result.echoes ?? NaN) / (result.ms / 1000),
    },
    {
      label: `${what}, p50 µs`,
      digits: 0,
      ...(p50Target && { target: p50Target }),
      take: ({ result }) => result.p50Us ?? NaN,
    },
    { label: `${what}, p99 µs`, digits: 0, take: ({ result }) => result.p99Us ?? NaN },
    {
      label: `${what}, CPU µs/echo`,
      digits: 1,
      take: ({ result, cpuSeconds }) => (cpuSeconds * 1e6) / (result.echoes ?? NaN),
    },
  ];
}

const memoryMeasure: Measure = {
  label: "idle session, KB",
  digits: 1,
  target: "≤ 0.02",
  take: ({ memoryKiB, sessions }) => (memoryKiB * BYTES_PER_KIB) / BYTES_PER_KB / sessions,
};

const truncationMeasure: Measure = {
  label: "truncated streams of 100",
  digits: 0,
  target: "0 of 100",
  take: ({ result, sessions }) => ((result.truncated ?? NaN) * 100) / sessions,
};

/** The gateway and websockify, in the order of the table; `quick` is for seeing that the bench works, not for its numbers. */
export function listScenarios(quick: boolean): Scenario[] {
  const gigabyte = quick ? 256 : 1024;
  const ms = quick ? 500 : 1500;
  const rounds = quick ? 1 : 7;
  return [
    {
      name: "stream1",
      source: "flood",
      rounds,
      job: { kind: "flood", sessions: 1, updates: gigabyte },
      measures: measureFlood("1 stream down", "≥ 1.2", "≤ 0.8"),
    },
    {
      name: "stream16",
      source: "flood",
      rounds,
      job: { kind: "flood", sessions: 16, updates: gigabyte / 16 },
      measures: measureFlood("16 streams down"),
    },
    {
      name: "echo1",
      source: "echo",
      rounds,
      job: { kind: "echo", sessions: 1, ms },
      measures: measureEcho("1 viewer", undefined, "≤ 1"),
    },
    {
      name: "echo64",
      source: "echo",
      rounds,
      job: { kind: "echo", sessions: 64, ms },
      measures: measureEcho("64 viewers", "≥ 1.7"),
    },
    {
      name: "idle",
      source: "echo",
      rounds: 1,
      settleMs: 3000,
      job: { kind: "idle", sessions: quick ? 200 : 1000 },
      measures: [memoryMeasure],
    },
    {
      name: "cut",
      source: "cut",
      rounds: 1,
      job: { kind: "cut", sessions: quick ? 20 : 100, updates: 5 },
      measures: [truncationMeasure],
    },
  ];
}

/** What the gateway's own stages and logins cost or save, against a source that it only passes on. */
export function listStageScenarios(quick: boolean): Scenario[] {
  const rounds = quick ? 1 : 7;
  return [
    {
      name: "view_only",
      source: "watched",
      than: "echo",
      rounds,
      job: { kind: "echo", sessions: 64, ms: quick ? 500 : 1500 },
      measures: measureEcho("view_only, 64 viewers", "≥ 0.95"),
    },
    {
      name: "framer",
      source: "framed",
      than: "flood",
      rounds,
      job: { kind: "flood", sessions: 1, updates: quick ? 256 : 1024 },
      measures: measureFlood("clipboard: in, 1 stream down", "≥ 0.95"),
    },
    {
      name: "rsa_aes",
      source: "sealed",
      than: "flood",
      rounds,
      job: { kind: "flood", sessions: 1, updates: 64 },
      measures: measureFlood("RSA-AES, 1 stream down"),
    },
    {
      name: "prewarm",
      source: "ready",
      than: "far",
      rounds: 1,
      job: { kind: "first", sessions: 5 },
      measures: [{
        label: "prewarm, ms to the first picture at 50 ms round trip",
        digits: 0,
        take: ({ result }) => result.firstMs ?? NaN,
      }],
    },
  ];
}
