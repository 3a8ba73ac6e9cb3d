/** The values that each request carries: Hono's bindings and variables. */
import type { Context } from "hono";
import type { Identity } from "../access/access.ts";
import { groupAddress, type Peer } from "../access/peer.ts";
import type { Config } from "../config/config.ts";
import type { Services } from "./services.ts";

/** Hono's environment for this app. */
export interface Env {
  Bindings: {
    /** The address of the other end of the connection, or "unix". */
    remote: string;
    /** Settles when the response is sent, or its reader is gone; not known everywhere. */
    whenSent?: () => Promise<unknown> | undefined;
  };
  Variables: Services & {
    /** The snapshot taken when the request began; `findSource` replaces it when it has token files read again. */
    config: Config;
    peer: Peer;
    /** Who sent the request; set by `requireIdentity`. */
    identity: Identity;
    /** What links and redirects of this response begin with: the way to the gateway's root. Ends with a slash. */
    base: string;
  };
}

/** The sender's address, as limits and the audit log group it. */
export function readAddress(c: Context<Env>): string {
  return groupAddress(c.var.peer.address);
}
