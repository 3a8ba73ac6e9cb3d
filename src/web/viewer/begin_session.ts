/** Begins a session on a WebSocket: with a viewer that ends with it, or with one that may come back. */
import type { Context } from "hono";
import { Link } from "../../bridge/link.ts";
import { ResumableViewer } from "../../bridge/resumable_viewer.ts";
import { ViewerSocket } from "../../bridge/viewer_socket.ts";
import type { SourceConfig } from "../../config/config.ts";
import type { SessionUser } from "../../session/session_user.ts";
import { SUBPROTOCOL } from "../../side_channel/messages.ts";
import type { Env } from "../env.ts";
import { nameBearer } from "./resume_session.ts";

/** What a session begins with. */
interface Beginning {
  readonly socket: WebSocket;
  /** The subprotocol that was agreed. */
  readonly protocol: string | undefined;
  readonly source: SourceConfig;
  readonly user: SessionUser;
}

/**
 * Begins a session; if its page says that it acknowledges, the viewer may come back to it. Where sessions are not held,
 * the page acknowledges all the same, which keeps Nagle's algorithm and long queues away.
 */
export function beginSession(c: Context<Env>, beginning: Beginning): void {
  const isSide = beginning.protocol === SUBPROTOCOL;
  if (isSide && c.req.query("resume") === "new") return beginResumable(c, beginning);
  const { socket, source, user } = beginning;
  const { upQueueBytes, stallMs } = c.var.config.limits;
  const viewer = new ViewerSocket(socket, { sideChannel: isSide, upQueueBytes, stallMs });
  c.var.sessions.registry.begin({ source: c.var.sources.get(source), viewer, user });
}

function beginResumable(c: Context<Env>, { socket, source, user }: Beginning): void {
  const { config: { limits, gateway }, sessions } = c.var;
  const { upQueueBytes, stallMs } = limits;
  const way = sessions.waysBack.open({ ...nameBearer(c.var.identity, source), address: user.address });
  const viewer = new ResumableViewer(new Link(socket, { stallMs }), {
    upQueueBytes,
    stallMs,
    holdMs: gateway.resumeMs,
    share: sessions.unacknowledged,
    makeToken: () => way.renewToken(),
    confirmToken: () => way.confirmToken(),
  });
  const session = sessions.registry.begin({ source: c.var.sources.get(source), viewer, user });
  way.target = { session, viewer };
  viewer.onHeld = () => session.noteHeld();
  viewer.onResumed = (gapMs) => session.noteResumed(gapMs);
  viewer.closed.then(() => way.close());
}
