/** What acknowledging costs, and how long a lost connection is missed. */
import type { Scenario } from "../scenario.ts";
import { measureFlood } from "./streams.ts";

/** Of the gateway alone: nothing else resumes. */
export function listAcknowledging(quick: boolean): Scenario[] {
  return [{
    name: "acks",
    source: "flood",
    thanJob: { acks: false },
    rounds: quick ? 1 : 4,
    job: { kind: "flood", sessions: 1, updates: quick ? 256 : 1024, acks: true },
    measures: measureFlood("1 stream down"),
  }];
}

/** From the loss of a connection in the middle of a stream to the next bytes. */
export function listGaps(quick: boolean): Scenario[] {
  return [
    {
      name: "resume",
      source: "endless",
      peers: [],
      rounds: quick ? 1 : 2,
      job: { kind: "resume", sessions: 1, updates: quick ? 3 : 20 },
      measures: [
        {
          label: "gap of a lost connection, p50 ms",
          digits: 1,
          take: ({ result }) => (result.p50Us ?? NaN) / 1000,
        },
        {
          label: "gap of a lost connection, p99 ms",
          digits: 1,
          take: ({ result }) => (result.p99Us ?? NaN) / 1000,
        },
      ],
    },
    {
      name: "page_cut",
      source: "endless",
      inPage: true,
      peers: ["other"],
      rounds: 1,
      job: { kind: "page_cut", sessions: 1, updates: quick ? 1 : 4 },
      measures: [{
        label: "picture stands still on the page when its connection is cut, ms",
        digits: 0,
        take: ({ result }) => (result.p50Us ?? NaN) / 1000,
      }],
    },
  ];
}
