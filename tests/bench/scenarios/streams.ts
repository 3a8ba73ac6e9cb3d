/** Streams at full speed: what a second of them and a gigabyte of them cost. */
import type { Measure, Scenario } from "../scenario.ts";

const BYTES_PER_MB = 1e6;
const BYTES_PER_GB = 1e9;
const GIGABYTE_UPDATES = 1024;

/** Rate, and CPU time for each gigabyte. */
export function measureFlood(what: string, speedTarget?: string, cpuTarget?: string): Measure[] {
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

/** One stream and sixteen. */
export function listStreams(quick: boolean): Scenario[] {
  const updates = quick ? GIGABYTE_UPDATES / 4 : GIGABYTE_UPDATES;
  const rounds = quick ? 1 : 4;
  return [
    {
      name: "stream1",
      source: "flood",
      rounds,
      job: { kind: "flood", sessions: 1, updates },
      measures: measureFlood("1 stream down", "≥ 1.3", "≤ 0.8"),
    },
    {
      name: "stream16",
      source: "flood",
      rounds,
      job: { kind: "flood", sessions: 16, updates: updates / 16 },
      measures: measureFlood("16 streams down"),
    },
    {
      name: "cut",
      source: "cut",
      rounds: 1,
      job: { kind: "cut", sessions: quick ? 20 : 100, updates: 5 },
      measures: [{
        label: "truncated streams of 100",
        digits: 0,
        target: "0 of 100",
        take: ({ result, sessions }) => ((result.truncated ?? NaN) * 100) / sessions,
      }],
    },
  ];
}
