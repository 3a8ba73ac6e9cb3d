/** What the gateway's own stages and logins cost or save, against a source that it only passes on. */
import type { Scenario } from "../scenario.ts";
import { measureEcho } from "./echoes.ts";
import { measureFlood } from "./streams.ts";

/** Each stage beside the same source without. */
export function listStages(quick: boolean): Scenario[] {
  const rounds = quick ? 1 : 4;
  return [
    {
      name: "view_only",
      source: "watched",
      than: "echo",
      rounds,
      job: { kind: "echo", sessions: 64, ms: quick ? 500 : 1000 },
      measures: measureEcho("view_only, 64 viewers", { rate: "≥ 0.95" }),
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
