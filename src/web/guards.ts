/** The guards, as middleware: each lets a request pass or throws the one error that it is named for. */
import type { Context, MiddlewareHandler } from "hono";
import type { Access, Identity } from "../access/access.ts";
import { bodyLimit } from "hono/body-limit";
import { checkHost } from "../access/host.ts";
import { checkOrigin } from "../access/origin.ts";
import { PortholeError } from "../errors.ts";
import type { Env } from "./env.ts";

/** Lets WebSocket handshakes pass (RFC 6455 section 4.2.1). */
export const requireUpgrade: MiddlewareHandler<Env> = async (c, next) => {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    c.header("Upgrade", "websocket");
    throw new PortholeError("upgrade_required", "This address is for WebSockets: open /site/vnc/ and the name instead");
  }
  // The runtime takes any version for 13; RFC 6455 section 4.4 wants the right one named.
  if (c.req.header("sec-websocket-version") !== "13") {
    c.header("Sec-WebSocket-Version", "13");
    throw new PortholeError("upgrade_required", "Only version 13 of the WebSocket protocol is spoken here");
  }
  await next();
};

/** Lets requests pass that are addressed to a name which this gateway serves. */
export function requireOwnHost(ownName: string | undefined): MiddlewareHandler<Env> {
  return async (c, next) => {
    checkHost({ origin: c.var.peer.origin, gateway: c.var.config.gateway, ownName });
    await next();
  };
}

/** Most bytes of all headers together; a browser with a full cookie jar stays below. */
const HEADERS_MAX_BYTES = 32 * 1024;

/** Lets requests with headers of a sensible size pass. */
export const limitHeaders: MiddlewareHandler<Env> = async (c, next) => {
  let bytes = c.req.url.length;
  for (const [name, value] of c.req.raw.headers) bytes += name.length + value.length;
  if (bytes > HEADERS_MAX_BYTES) throw new PortholeError("headers_too_large", "The headers are larger than 32 KiB");
  await next();
};

/** Most bytes of a body: forms and small JSON. */
const BODY_MAX_BYTES = 64 * 1024;

/** Lets requests with a body of a sensible size pass. */
export const limitBody: MiddlewareHandler<Env> = bodyLimit({
  maxSize: BODY_MAX_BYTES,
  onError: () => {
    throw new PortholeError("body_too_large", "The body is larger than 64 KiB");
  },
});

/** Lets those pass who may read the metrics: administrators, and tokens made for it. */
export const requireMetrics: MiddlewareHandler<Env> = async (c, next) => {
  const { admin, bounds } = c.var.identity;
  if (!admin && bounds?.metrics !== true) throw new PortholeError("not_allowed", "This needs a token for the metrics");
  await next();
};

/** Lets requests pass that change nothing, and those that change something when the page's origin allows it. */
export const guardUnsafeMethods: MiddlewareHandler<Env> = async (c, next) => {
  if (isSafe(c.req.method)) return await next();
  await requireOwnOrigin(c, next);
};

function isSafe(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS";
}

/** Lets requests of the own pages, of allowed origins, and of programs pass. */
export const requireOwnOrigin: MiddlewareHandler<Env> = async (c, next) => {
  const { config, peer } = c.var;
  checkOrigin({ origin: c.req.header("origin") ?? null, own: peer.origin, allowed: config.gateway.allowedOrigins });
  await next();
};

/** What a request without any credential is told. */
export const SIGN_IN_FIRST = "Sign in to open this";

/** Lets those pass whose identity is known, and keeps it with the request. */
export function requireIdentity(access: Access): MiddlewareHandler<Env> {
  return async (c, next) => {
    const identity = await access.identify(c.req.raw, c.var.peer);
    if (!identity) throw new PortholeError("sign_in_required", SIGN_IN_FIRST);
    requireKnownOrigin(c, identity);
    c.set("identity", identity);
    await next();
  };
}

/** What the browser sends by itself proves nothing about who asked it to: then the Origin must be there. */
function requireKnownOrigin(c: Context<Env>, identity: Identity): void {
  const changes = !isSafe(c.req.method) || c.req.header("upgrade") !== undefined;
  if (!identity.ambient || !changes || c.req.header("origin") !== undefined) return;
  throw new PortholeError("origin_refused", "A request without an Origin needs a token, not a cookie");
}
