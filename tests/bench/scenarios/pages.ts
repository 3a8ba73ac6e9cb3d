/** Viewer pages in Chromium: ours, and noVNC's own through websockify. */
import type { Scenario } from "../scenario.ts";
import { measurePieces } from "./stalls.ts";

/** The first pixels of a first visit, and updates in two pieces. */
export function listPages(quick: boolean): Scenario[] {
  const rounds = quick ? 1 : 2;
  return [
    {
      name: "page_first",
      source: "paint",
      inPage: true,
      peers: ["other", "websockify"],
      rounds,
      job: { kind: "page_first", sessions: quick ? 2 : 3 },
      measures: [{
        label: "first pixels of a first visit, ms",
        digits: 0,
        take: ({ result }) => (result.p50Us ?? NaN) / 1000,
      }],
    },
    {
      name: "page_pieces",
      source: "pieces",
      inPage: true,
      peers: ["other", "websockify"],
      rounds,
      job: { kind: "page_pieces", sessions: 1, updates: quick ? 10 : 40 },
      measures: measurePieces("page"),
    },
  ];
}
