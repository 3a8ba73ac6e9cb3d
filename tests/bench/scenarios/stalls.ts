/** What makes a session feel slow: the second half of an update, and another viewer's stream. */
import type { Measure, Scenario } from "../scenario.ts";

/** From the request of an update in two pieces to its last byte. */
export function measurePieces(who: string): Measure[] {
  return [
    {
      label: `update in two pieces, ${who}, p50 ms`,
      digits: 1,
      take: ({ result }) => (result.p50Us ?? NaN) / 1000,
    },
    {
      label: `update in two pieces, ${who}, p99 ms`,
      digits: 1,
      take: ({ result }) => (result.p99Us ?? NaN) / 1000,
    },
  ];
}

/** Two-piece updates, and an echo beside a stream at full speed. */
export function listStalls(quick: boolean): Scenario[] {
  return [
    {
      name: "pieces",
      source: "pieces",
      rounds: quick ? 1 : 2,
      job: { kind: "pieces", sessions: 1, updates: quick ? 10 : 40 },
      measures: measurePieces("plain viewer"),
    },
    {
      name: "beside",
      source: "echo",
      beside: "beside",
      rounds: quick ? 1 : 3,
      job: { kind: "echo", sessions: 1, ms: quick ? 500 : 1000 },
      measures: [
        {
          label: "echo alone, p50 µs",
          digits: 0,
          take: ({ alone }) => alone?.p50Us ?? NaN,
        },
        {
          label: "echo beside a stream, p50 µs",
          digits: 0,
          take: ({ result }) => result.p50Us ?? NaN,
        },
        {
          label: "echo beside a stream, p50 × that alone",
          digits: 1,
          target: "≤ 3 ×",
          take: ({ result, alone }) => (result.p50Us ?? NaN) / (alone?.p50Us ?? NaN),
        },
        {
          label: "echo beside a stream, p99 µs",
          digits: 0,
          take: ({ result }) => result.p99Us ?? NaN,
        },
      ],
    },
  ];
}
