/** What sessions cost in which nothing happens. */
import type { Scenario } from "../scenario.ts";

const BYTES_PER_KIB = 1024;
const BYTES_PER_KB = 1000;
const BYTES_PER_MB = 1e6;
/** The gateway pings a viewer every 20 s. */
const PING_PERIOD_MS = 20_000;

/** @param most sessions of the largest crowd */
export function listIdle(quick: boolean, most: number): Scenario[] {
  const crowd = quick ? Math.min(500, most) : most;
  return [
    {
      name: "idle",
      source: "echo",
      rounds: 1,
      settleMs: 3000,
      job: { kind: "idle", sessions: quick ? 200 : 1000 },
      measures: [{
        label: "idle session, KB",
        digits: 1,
        target: "≤ 0.02",
        take: ({ memoryKiB, sessions }) => (memoryKiB * BYTES_PER_KIB) / BYTES_PER_KB / sessions,
      }],
    },
    {
      name: "crowd",
      source: "echo",
      peers: ["other"],
      rounds: 1,
      job: { kind: "idle", sessions: crowd, ms: quick ? 3000 : PING_PERIOD_MS },
      measures: [
        {
          label: `${crowd} idle sessions, CPU % of a core`,
          digits: 1,
          target: "≤ 8 for 10,000",
          take: ({ cpuSeconds, result }) => (cpuSeconds * 100) / (result.ms / 1000),
        },
        {
          label: `${crowd} idle sessions, MB`,
          digits: 0,
          target: "≤ 550 for 10,000",
          take: ({ memoryKiB }) => (memoryKiB * BYTES_PER_KIB) / BYTES_PER_MB,
        },
      ],
    },
  ];
}
