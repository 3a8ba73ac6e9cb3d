/** Small messages and their answers, one viewer's and many viewers'. */
import type { Measure, Scenario } from "../scenario.ts";

/** Rate, times, and CPU time of each. */
export function measureEcho(what: string, targets: { readonly rate?: string; readonly p50?: string } = {}): Measure[] {
  return [
    {
      label: `${what}, echoes/s`,
      digits: 0,
      ...(targets.rate && { target: targets.rate }),
      take: ({ result }) => (result.count ?? NaN) / (result.ms / 1000),
    },
    {
      label: `${what}, p50 µs`,
      digits: 0,
      ...(targets.p50 && { target: targets.p50 }),
      take: ({ result }) => result.p50Us ?? NaN,
    },
    { label: `${what}, p99 µs`, digits: 0, take: ({ result }) => result.p99Us ?? NaN },
    {
      label: `${what}, CPU µs/echo`,
      digits: 1,
      take: ({ result, cpuSeconds }) => (cpuSeconds * 1e6) / (result.count ?? NaN),
    },
  ];
}

/** One viewer and 64. */
export function listEchoes(quick: boolean): Scenario[] {
  const ms = quick ? 500 : 1000;
  const rounds = quick ? 1 : 4;
  return [
    {
      name: "echo1",
      source: "echo",
      rounds,
      job: { kind: "echo", sessions: 1, ms },
      measures: measureEcho("1 viewer", { rate: "≥ 1.1; ≥ 0.85 × C" }),
    },
    {
      name: "echo64",
      source: "echo",
      rounds,
      job: { kind: "echo", sessions: 64, ms },
      measures: measureEcho("64 viewers", { rate: "≥ 1.7; ws ≥ 0.9 × C" }),
    },
  ];
}
