/** Who takes part in a run of the bench, beside the gateway. */
import { findProgram } from "../live/programs.ts";
import { buildCRelay, NOVNC_PAGE, startCRelay, startWebsockify } from "./relays.ts";
import type { Start } from "./rounds.ts";
import type { PeerKind } from "./scenario.ts";
import { startGateway } from "./subjects.ts";

/** Something to compare with. */
export interface Peer {
  readonly kind: PeerKind;
  /** Its name in the tables. */
  readonly name: string;
  readonly start: Start;
  /** Whether it has a page that shows a source. */
  readonly hasPage: boolean;
}

/** What the command line says of peers. */
interface Wishes {
  /** Another checkout of this project. */
  readonly against?: string | undefined;
  /** A checkout of websockify-other. */
  readonly "c-relay"?: string | undefined;
  /** Leaves websockify out. */
  readonly alone: boolean;
}

/** All that this machine has; what it lacks is reported by name. */
export async function findPeers(wishes: Wishes, folder: string, report: (lack: string) => void): Promise<Peer[]> {
  const peers: Peer[] = [];
  const { against, "c-relay": relay, alone } = wishes;
  if (against !== undefined) {
    peers.push({
      kind: "other",
      name: "before",
      hasPage: true,
      start: (setting) => startGateway("before", against, setting),
    });
  }
  const websockify = findProgram("websockify");
  if (alone) report("websockify, as asked");
  else if (websockify === undefined) report("websockify, which is not installed");
  else {
    const hasPage = findProgram(NOVNC_PAGE) !== undefined;
    if (!hasPage) report("noVNC's own page, which is not installed");
    peers.push({
      kind: "websockify",
      name: "websockify",
      hasPage,
      start: (setting) => startWebsockify(websockify, setting),
    });
  }
  if (relay === undefined) report("the relay in C, of which no folder was given");
  else {
    const program = await buildCRelay(relay, folder).catch((error) => {
      report(`the relay in C, which could not be built: ${error.message}`);
      return undefined;
    });
    if (program !== undefined) {
      peers.push({ kind: "c", name: "C relay", hasPage: false, start: (setting) => startCRelay(program, setting) });
    }
  }
  return peers;
}
