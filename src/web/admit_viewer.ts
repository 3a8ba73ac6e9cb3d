/** Whether a viewer may open a source now: one verdict, for the WebSocket route and for those who ask about it first. */
import type { Context } from "hono";
import { sharesAddress } from "../access/peer.ts";
import { type Env, readAddress } from "./env.ts";
import { findSource, type Permitted } from "./find_source.ts";

/** What is to be opened. */
export interface ViewerRequest {
  readonly name: string;
  /** Whether this counts as a connection: `take` is for those who open, `check` for those who only ask. */
  readonly connects: "take" | "check";
}

/** A viewer that may open a source. */
export interface AdmittedViewer extends Permitted {
  /** The viewer's address, as limits group it. */
  readonly address: string;
}

/**
 * Checks name, permission and limits. `open` is called in the same turn as the last check, so that several requests
 * cannot take the same last free slot; it must not wait before the session has begun.
 *
 * @throws PortholeError source_unknown, limit_reached, overloaded or draining.
 */
export async function admitViewer<T>(
  c: Context<Env>,
  { name, connects }: ViewerRequest,
  open: (viewer: AdmittedViewer) => T,
): Promise<T> {
  // Comes first, because it may replace the request's configuration.
  const permitted = await findSource(c, name);
  const { config, identity, sessions } = c.var;
  const address = readAddress(c);
  await sessions.connectLimit[connects](address);
  sessions.registry.overload.check(sharesAddress(c.var.peer) ? undefined : address);
  const { name: user, signIn, by } = identity;
  const request = { source: permitted.source.name, address, user: by === "open" ? undefined : user };
  if (connects === "take") await sessions.registry.makeRoom(request, config.limits, { address, name: user, signIn });
  sessions.registry.admit(request, config.limits);
  return open({ ...permitted, address });
}
