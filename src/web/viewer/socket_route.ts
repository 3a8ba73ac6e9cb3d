/** The WebSocket of a viewer: name, permission and limits, each an HTTP error; then the upgrade and a session. */
import type { Context } from "hono";
import { type Access, type Identity, isUser, namePermission, type Role } from "../../access/access.ts";
import { isSecureContext } from "../../access/peer.ts";
import { TOKEN_PROTOCOL } from "../../access/bearer.ts";
import { readWebsockifyToken } from "../../access/websockify_request.ts";
import { PortholeError } from "../../errors.ts";
import type { SessionUser } from "../../session/session_user.ts";
import { SUBPROTOCOL } from "../../side_channel/messages.ts";
import { admitViewer } from "../admit_viewer.ts";
import type { Env } from "../env.ts";
import { listSources } from "../find_source.ts";
import { beginSession } from "./begin_session.ts";
import { resumeSession } from "./resume_session.ts";

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
 * Upgrades to a session on the source with this name, if permissions and limits allow it; with `?resume=held`, to one
 * that the viewer has had before.
 *
 * @throws PortholeError bad_request, source_unknown, limit_reached, overloaded or draining.
 */
export function openSession(c: Context<Env>, name: string): Promise<Response> {
  const protocol = chooseSubprotocol(c.req.header("sec-websocket-protocol"));
  if (protocol === SUBPROTOCOL && c.req.query("resume") === "held") {
    return resumeSession(c, name, (source) => upgrade(c.req.raw, source.keepaliveMs, protocol));
  }
  const { identity, authentication, peer } = c.var;
  return admitViewer(c, { name, connects: "take" }, ({ source, role, address }) => {
    const { socket, response } = upgrade(c.req.raw, source.keepaliveMs, protocol);
    const user = {
      address,
      name: identity.name,
      signIn: identity.signIn,
      isUser: isUser(identity),
      hasSecureContext: isSecureContext(peer),
      viewOnly: role === "view",
      permission: namePermission(identity, source.name, role),
      whyEnd: askWhyEnd(authentication.access, identity, source.name, role),
      idleLimitMs: c.var.config.limits.idleMs,
    };
    beginSession(c, { socket, protocol, source, user });
    return response;
  });
}

/** Apart from the route, so that a session does not keep the whole request. */
function askWhyEnd(access: Access, identity: Identity, name: string, role: Role): NonNullable<SessionUser["whyEnd"]> {
  return () => access.whyEnd(identity, name, role);
}

/**
 * Deno pings after half of the timeout without traffic, so twice the interval keeps proxies from timing out. A page gets
 * the pings of the side channel, so the runtime's own come only after one was not answered: where an answer to one comes
 * while the other is sent, the runtime takes the page for silent (in a crowd of 9,900, it ended 117 within a minute).
 */
function upgrade(request: Request, keepaliveMs: number, protocol: string | undefined): Deno.WebSocketUpgrade {
  const intervals = protocol === SUBPROTOCOL ? 2.5 : 2;
  try {
    const upgraded = Deno.upgradeWebSocket(request, { idleTimeout: Math.ceil(keepaliveMs * intervals / 1000) });
    if (protocol) upgraded.response.headers.set("sec-websocket-protocol", protocol);
    return upgraded;
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
