/** The command line of the bench. */
import { parseArgs } from "node:util";

/** What was asked for. */
export type Options = ReturnType<typeof readOptions>;

const CHECKOUT = new URL("../../", import.meta.url).pathname;

/** Reads the command line. @throws for a flag that there is not */
export function readOptions() {
  return parseArgs({
    options: {
      /** Whether the bench works, and not how fast anything is. */
      quick: { type: "boolean", default: false },
      /** Names of scenarios. */
      only: { type: "string" },
      rounds: { type: "string" },
      schemes: { type: "string", default: "ws,wss" },
      /** Another checkout of this project, to compare with. */
      against: { type: "string" },
      /** Leaves websockify out. */
      alone: { type: "boolean", default: false },
      /** A checkout of websockify-other, to compare with its relay in C. */
      "c-relay": { type: "string" },
      /** Sessions of the largest idle crowd. */
      crowd: { type: "string", default: "5000" },
      /** Another checkout for the gateway itself. */
      gateway: { type: "string", default: CHECKOUT },
      /** Puts the tables into docs/performance.md. */
      write: { type: "boolean", default: false },
    },
  }).values;
}
