/** All scenarios, in the order of the tables. */
import type { Group } from "./scenario.ts";
import { listEchoes } from "./scenarios/echoes.ts";
import { listIdle } from "./scenarios/idle.ts";
import { listLinks } from "./scenarios/links.ts";
import { listOpenings } from "./scenarios/openings.ts";
import { listPages } from "./scenarios/pages.ts";
import { listAcknowledging, listGaps } from "./scenarios/resume.ts";
import { listStages } from "./scenarios/stages.ts";
import { listStalls } from "./scenarios/stalls.ts";
import { listStreams } from "./scenarios/streams.ts";

/** What the lists of scenarios depend on. */
export interface Extent {
  /** For seeing that the bench works, not for its numbers. */
  readonly quick: boolean;
  /** Sessions of the largest crowd. */
  readonly crowd: number;
}

const OURS = "porthole";

/** The groups, each of which is one table. */
export function listGroups({ quick, crowd }: Extent): Group[] {
  return [
    { heading: "Streams and echoes", ours: OURS, scenarios: [...listStreams(quick), ...listEchoes(quick)] },
    { heading: "Stalls", ours: OURS, scenarios: listStalls(quick) },
    { heading: "Pages in Chromium", ours: OURS, scenarios: listPages(quick) },
    { heading: "Openings", ours: OURS, scenarios: listOpenings(quick) },
    { heading: "Idle sessions", ours: OURS, scenarios: listIdle(quick, crowd) },
    { heading: "Resume", ours: OURS, scenarios: listGaps(quick) },
    { heading: "What acknowledging costs", ours: "with", scenarios: listAcknowledging(quick) },
    { heading: "Slow links", ours: OURS, scenarios: listLinks(quick) },
    { heading: "What stages cost", ours: "with", scenarios: listStages(quick) },
  ];
}
