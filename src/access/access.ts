/** Who is asking, and what may they open. */
import type { Source } from "../config/config.ts";
import type { Peer } from "./peer.ts";

/** What a person may do with a source; `view` is enforced on the wire. */
export type Role = "view" | "control";

/** Who is asking. */
export interface Identity {
  /** For lists and logs; "anybody" while nobody has to sign in. */
  readonly name: string;
  readonly groups: readonly string[];
  /** May see and end every session. */
  readonly admin: boolean;
}

/** The guard's two questions; every way to sign in stands behind them. */
export interface Access {
  /** Who sent the request; null when sign-in is needed. */
  identify(request: Request, peer: Peer): Promise<Identity | null>;
  /** What that one may do with the source; null when it is to look as if the source did not exist. */
  roleOn(identity: Identity, source: Source): Role | null;
}

/** `auth: none`: everybody may open everything that the listener lets in. */
export function createOpenAccess(): Access {
  const anybody: Identity = { name: "anybody", groups: [], admin: true };
  return {
    identify: () => Promise.resolve(anybody),
    roleOn: (_identity, source) => source.viewOnly ? "view" : "control",
  };
}
