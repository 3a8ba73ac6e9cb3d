/** The WebSocket route: name, permission and limits, each an HTTP error, then the upgrade and a session. */
import type { Context } from "hono";
import type { Access } from "../../access/access.ts";
import { TOKEN_PROTOCOL } from "../../access/bearer.ts";
import type { ConnectLimit } from "../../access/connect_limit.ts";
import { groupAddress } from "../../access/peer.ts";
import { ViewerSocket } from "../../bridge/viewer_socket.ts";
import type { Config, SourceConfig } from "../../config/config.ts";
import { PortholeError } from "../../errors.ts";
import type { SessionUser } from "../../session/session.ts";
import type { SessionRegistry } from "../../session/registry.ts";
import { SUBPROTOCOL } from "../../side_channel/messages.ts";
import type { Sources } from "../../source/sources.ts";
import type { Env } from "../env.ts";
import { findSource } from "../find_source.ts";

/** What websockify's clients offer: plain RFB in binary frames. */
const PLAIN = "binary";

/** What the route needs. */
export interface SocketParts {
  access: Access;
  registry: SessionRegistry;
  /** Asked for each request, because the limit may change with the configuration. */
  connectLimit: (config: Config) => ConnectLimit;
  sources: Sources;
}

/**
 * Upgrades to a session on the source with this name, when permission and limits allow it.
 *
 * @throws PortholeError bad_request, source_unknown, limit_reached or draining.
 */
export async function openSocket(c: Context<Env>, parts: SocketParts, name: string): Promise<Response> {
  const { config, peer, identity } = c.var;
  // A signed token stands where a name would, and names a source itself.
  const named = identity.by === "jwt" ? identity.bounds?.sources?.[0] ?? "" : name;
  const { source, role } = findSource(c, parts.access, named);
  const address = groupAddress(peer.address);
  const userName = identity.by === "open" ? undefined : identity.name;
  await parts.connectLimit(config).take(address);
  // Nothing may be awaited between this and the session's start, or many at once would pass the same gap.
  parts.registry.admit({ source: source.name, address, user: userName }, config.limits);
  const user = {
    address,
    name: identity.name,
    viewOnly: role === "view",
    whyEnd: () => parts.access.whyEnd(identity, source.name, role),
  };
  return startSession(c.req.raw, source, config, user, parts);
}

function startSession(
  request: Request,
  source: SourceConfig,
  config: Config,
  user: SessionUser,
  { registry, sources }: SocketParts,
): Response {
  const protocol = chooseSubprotocol(request.headers.get("sec-websocket-protocol"));
  const { socket, response } = upgrade(request, source.keepaliveMs);
  if (protocol) response.headers.set("sec-websocket-protocol", protocol);
  const viewer = new ViewerSocket(socket, {
    sideChannel: protocol === SUBPROTOCOL,
    upQueueBytes: config.limits.upQueueBytes,
    stallMs: config.limits.stallMs,
  });
  const whyEnd = () => user.whyEnd?.() ?? viewer.explainStall() ?? explainIdle(viewer.idleMs, config.limits.idleMs);
  registry.begin({ source: sources.get(source), viewer, user: { ...user, whyEnd } });
  return response;
}

function explainIdle(idleMs: number, limitMs: number): PortholeError | undefined {
  if (limitMs === 0 || idleMs < limitMs) return undefined;
  return new PortholeError("idle", `Nothing was typed or pointed at for ${Math.round(limitMs / 60_000)} minutes`);
}

/** Deno pings after half of the timeout in silence, so twice the interval keeps middle boxes awake. */
function upgrade(request: Request, keepaliveMs: number): Deno.WebSocketUpgrade {
  try {
    return Deno.upgradeWebSocket(request, { idleTimeout: Math.ceil(keepaliveMs * 2 / 1000) });
  } catch (cause) {
    throw new PortholeError("bad_request", "This is not a WebSocket handshake (RFC 6455)", { cause });
  }
}

/**
 * The first of ours that was offered. A browser that offered something fails the connection when nothing is chosen
 * (WHATWG WebSockets section 2.2), so a token that came alone is chosen: it only goes back to where it came from.
 */
function chooseSubprotocol(offered: string | null): string | undefined {
  const names = (offered ?? "").split(",").map((name) => name.trim());
  return [SUBPROTOCOL, PLAIN].find((name) => names.includes(name)) ??
    names.find((name) => name.startsWith(TOKEN_PROTOCOL));
}
