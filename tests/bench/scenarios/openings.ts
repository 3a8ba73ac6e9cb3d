/** What the opening of a session costs, and how long it takes. */
import type { Measure, Scenario } from "../scenario.ts";

const SERIAL = 60;
const PER_SECOND = 300;
const SECONDS = 2;

const cpuMeasure: Measure = {
  label: "CPU ms of an open",
  digits: 2,
  take: ({ result, cpuSeconds }) => (cpuSeconds * 1000) / (result.count ?? NaN),
};

/** One after another, and so many a second. */
export function listOpenings(quick: boolean): Scenario[] {
  const rounds = quick ? 1 : 2;
  return [
    {
      name: "open",
      source: "echo",
      rounds,
      job: { kind: "open", sessions: quick ? 30 : SERIAL },
      measures: [
        {
          label: "opens one after another, per s",
          digits: 0,
          take: ({ result }) => (result.count ?? NaN) / (result.ms / 1000),
        },
        {
          label: "ms of each (p50)",
          digits: 2,
          target: "≤ 1.5 ms",
          take: ({ result }) => (result.p50Us ?? NaN) / 1000,
        },
        cpuMeasure,
      ],
    },
    {
      name: "open300",
      source: "echo",
      rounds,
      job: { kind: "open", sessions: PER_SECOND * (quick ? 1 : SECONDS), perSecond: PER_SECOND },
      measures: [
        {
          label: `p50 of an open at ${PER_SECOND} opens/s, ms`,
          digits: 1,
          take: ({ result }) => (result.p50Us ?? NaN) / 1000,
        },
        {
          label: `p99 of an open at ${PER_SECOND} opens/s, ms`,
          digits: 1,
          target: "≤ 25 ms",
          take: ({ result }) => (result.p99Us ?? NaN) / 1000,
        },
        { ...cpuMeasure, label: `CPU ms of an open at ${PER_SECOND} opens/s` },
        {
          label: `opens that failed at ${PER_SECOND} opens/s, %`,
          digits: 1,
          take: ({ result }) => (100 * (result.failed ?? NaN)) / ((result.count ?? NaN) + (result.failed ?? NaN)),
        },
      ],
    },
  ];
}
