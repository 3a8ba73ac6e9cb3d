/** The WebSocket with which a viewer comes back to its session: identity, name, permission, and then the token. */
import type { Context } from "hono";
import type { Identity } from "../../access/access.ts";
import { sharesAddress } from "../../access/peer.ts";
import { Link } from "../../bridge/link.ts";
import type { SourceConfig } from "../../config/config.ts";
import { asPortholeError, PortholeError } from "../../errors.ts";
import type { Bearer, Visitor } from "../../session/ways_back.ts";
import type { Up } from "../../side_channel/messages.ts";
import { type Env, readAddress } from "../env.ts";
import { findSource } from "../find_source.ts";
import { noteEvent } from "../note_event.ts";
import { awaitToken } from "./await_token.ts";

/** Whom a token is for: another user, another sign-in of the same user, and another source need another one. */
export function nameBearer({ by, name, signIn }: Identity, { name: source }: SourceConfig): Bearer {
  return { source, user: JSON.stringify([by, name, signIn]) };
}

/**
 * Lets a viewer come back, if it may still open the source. It takes nothing new, so the limits on new sessions do not
 * concern it: WebSockets that have not said their token have a limit of their own, and so have wrong tokens.
 *
 * @throws PortholeError bad_request, source_unknown, limit_reached, overloaded or draining.
 */
export async function resumeSession(
  c: Context<Env>,
  name: string,
  upgrade: (source: SourceConfig) => Deno.WebSocketUpgrade,
): Promise<Response> {
  const { source } = await findSource(c, name);
  const { identity, peer, sessions, config } = c.var;
  const visitor = { ...nameBearer(identity, source), address: readAddress(c) };
  const count = sessions.waysBack.count(visitor);
  // Viewers that have sessions here do not suffer from others who guess.
  if (count === 0) await sessions.wrongTokens.check(visitor.address);
  sessions.registry.checkDraining();
  sessions.registry.overload.checkAddress(sharesAddress(peer) ? undefined : visitor.address);
  const giveBack = sessions.waitingLinks.admit(visitor, count);
  try {
    const { socket, response } = upgrade(source);
    const link = new Link(socket, { stallMs: config.limits.stallMs });
    link.closed.then(giveBack);
    awaitToken(link, {
      resume: (message) => {
        attach(c, visitor, link, message);
        giveBack();
      },
      explain: (refusal) => noteRefusal(c, visitor, refusal),
      onLeft: () => void sessions.wrongTokens.take(visitor.address).catch(() => {}),
    });
    return response;
  } catch (cause) {
    giveBack();
    throw cause;
  }
}

/** Gives the link to the session that the token is for. @throws PortholeError resume_refused or viewer_malformed. */
function attach(c: Context<Env>, visitor: Visitor, link: Link, { token, received }: Up<"resume">): void {
  const { sessions, telemetry: { metrics } } = c.var;
  const way = sessions.waysBack.take(token, visitor);
  if (!way?.target) throw new PortholeError("resume_refused", "The session is over: it cannot be resumed");
  const { session, viewer } = way.target;
  way.moveTo(visitor.address);
  sessions.registry.move(session, visitor.address);
  try {
    viewer.resume(link, received);
  } catch (cause) {
    const refusal = asPortholeError(cause);
    session.end(refusal);
    // The token is used up, so nobody can come back for the goodbye.
    if (viewer.isHeld) viewer.close(refusal);
    throw refusal;
  }
  metrics.resumed(session.endedBy === undefined ? "ok" : "ended");
}

/** Counts and notes a refusal; gives the reason that the viewer receives. */
async function noteRefusal(c: Context<Env>, visitor: Visitor, refusal: PortholeError): Promise<PortholeError> {
  const { sessions, telemetry } = c.var;
  const reason = await sessions.wrongTokens.take(visitor.address).then(() => refusal, asPortholeError);
  telemetry.metrics.resumed(reason.code);
  noteEvent(c, { event: "refused", what: visitor.source, outcome: reason.code });
  return reason;
}
