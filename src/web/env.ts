/** What travels with a request through the guards. */
import type { Identity } from "../access/access.ts";
import type { Peer } from "../access/peer.ts";
import type { Config } from "../config/config.ts";

/** Hono's environment for this app. */
export interface Env {
  Bindings: {
    /** Where the connection came from; text of the address, or "unix". */
    remote: string;
  };
  Variables: {
    /** The snapshot taken when the request began. */
    config: Config;
    peer: Peer;
    identity: Identity;
    /** Base path for links, as the browser sees it; begins and ends with a slash. */
    base: string;
  };
}
