/** The WebSocket of a viewer: name, permission and limits, each an HTTP error; then the upgrade and a session. */
import type { Context } from "hono";
import { isUser } from "../../access/access.ts";
import { isSecureContext } from "../../access/peer.ts";
import { TOKEN_PROTOCOL } from "../../access/bearer.ts";
import { readWebsockifyToken } from "../../access/websockify_request.ts";
import { ViewerSocket } from "../../bridge/viewer_socket.ts";
import type { SourceConfig } from "../../config/config.ts";
import { PortholeError } from "../../errors.ts";
import type { SessionUser } from "../../session/session_user.ts";
import { SUBPROTOCOL } from "../../side_channel/messages.ts";
import { admitViewer } from "../admit_viewer.ts";
import type { Env } from "../env.ts";
import { listSources } from "../find_source.ts";

/** The subprotocol of websockify's clients: plain RFB in binary frames. */
const PLAIN = "binary";

/**
 * Upgrades to a session as websockify does: on the source that the token names, or without a token on the only source.
 * Only sources that the sender may open count, so that the answer says nothing of others.
 *
 * @throws PortholeError as openSession() does.
 */
export async function openAsWebsockify(c: Context<Env>): Promise<Response> {
  return await openSession(c, nameInToken(c) ?? await nameOnlySource(c));
}

/** A signed token stands in for the name, since it names a source itself. */
function nameInToken(c: Context<Env>): string | undefined {
  const { by, bounds } = c.var.identity;
  return by === "jwt" ? bounds?.sources?.[0] : readWebsockifyToken(c.req.raw);
}

async function nameOnlySource(c: Context<Env>): Promise<string> {
  const { permitted: [only], total } = await listSources(c, { limit: 1 });
  return only && total === 1 ? only.source.name : "";
}

/**
 * Upgrades to a session on the source with this name, if permissions and limits allow it.
 *
 * @throws PortholeError bad_request, source_unknown, limit_reached, overloaded or draining.
 */
export function openSession(c: Context<Env>, name: string): Promise<Response> {
  const { identity, authentication, peer } = c.var;
  return admitViewer(c, { name, connects: "take" }, ({ source, role, address }) =>
    startSession(c, source, {
      address,
      name: identity.name,
      signIn: identity.signIn,
      isUser: isUser(identity),
      hasSecureContext: isSecureContext(peer),
      viewOnly: role === "view",
      whyEnd: () => authentication.access.whyEnd(identity, source.name, role),
    }));
}

function startSession(c: Context<Env>, source: SourceConfig, user: SessionUser): Response {
  const { limits } = c.var.config;
  const protocol = chooseSubprotocol(c.req.header("sec-websocket-protocol"));
  const { socket, response } = upgrade(c.req.raw, source.keepaliveMs);
  if (protocol) response.headers.set("sec-websocket-protocol", protocol);
  const viewer = new ViewerSocket(socket, {
    sideChannel: protocol === SUBPROTOCOL,
    upQueueBytes: limits.upQueueBytes,
    stallMs: limits.stallMs,
  });
  const whyEnd = async () =>
    viewer.explainStall() ?? explainIdle(viewer.idleMs, limits.idleMs) ?? await user.whyEnd?.();
  c.var.sessions.registry.begin({ source: c.var.sources.get(source), viewer, user: { ...user, whyEnd } });
  return response;
}

function explainIdle(idleMs: number, limitMs: number): PortholeError | undefined {
  if (limitMs === 0 || idleMs < limitMs) return undefined;
  const limit = limitMs < 120_000 ? `${limitMs / 1000} s` : `${Math.round(limitMs / 60_000)} minutes`;
  return new PortholeError("idle", `No keyboard or mouse input for ${limit}`);
}

/** Deno pings after half of the timeout without traffic, so twice the interval keeps proxies from timing out. */
function upgrade(request: Request, keepaliveMs: number): Deno.WebSocketUpgrade {
  try {
    return Deno.upgradeWebSocket(request, { idleTimeout: Math.ceil(keepaliveMs * 2 / 1000) });
  } catch (cause) {
    throw new PortholeError("bad_request", "This is not a valid WebSocket handshake (RFC 6455)", { cause });
  }
}

/**
 * The first offered subprotocol that this gateway speaks. A browser closes the connection when it offered some and none
 * is chosen (WHATWG WebSockets section 2.2), so a token that came alone is chosen: only its sender gets it back.
 */
function chooseSubprotocol(offered: string | undefined): string | undefined {
  const names = (offered ?? "").split(",").map((name) => name.trim());
  return [SUBPROTOCOL, PLAIN].find((name) => names.includes(name)) ??
    names.find((name) => name.startsWith(TOKEN_PROTOCOL));
}
