/** Guards: middleware that passes a request on, or throws the one error that the guard is named for. */
import type { Context, MiddlewareHandler } from "hono";
import type { Identity } from "../access/access.ts";
import { checkHost } from "../access/host.ts";
import { checkOrigin, listOrigins } from "../access/origin.ts";
import { PortholeError } from "../errors.ts";
import type { Env } from "./env.ts";

/** Passes on requests whose Host is one that this gateway serves. */
export function requireOwnHost(ownName: string | undefined): MiddlewareHandler<Env> {
  return async (c, next) => {
    checkHost({ origin: c.var.peer.origin, gateway: c.var.config.gateway, ownName });
    await next();
  };
}

/** Maximum size of all headers together; a browser with a full cookie jar stays below it. */
const HEADERS_MAX_BYTES = 32 * 1024;

/** Limits the size of the headers. */
export const limitHeaders: MiddlewareHandler<Env> = async (c, next) => {
  let bytes = c.req.url.length;
  for (const [name, value] of c.req.raw.headers) bytes += name.length + value.length;
  if (bytes > HEADERS_MAX_BYTES) {
    throw new PortholeError("headers_too_large", "The request headers exceed 32 KiB: delete the cookies of this site");
  }
  await next();
};

/** Passes safe methods on; others need the Origin of this gateway's own pages, or an allowed one. */
export const guardUnsafeMethods: MiddlewareHandler<Env> = async (c, next) => {
  if (isSafe(c.req.method)) return await next();
  await requireOwnOrigin(c, next);
};

function isSafe(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS";
}

/** Passes requests on from this gateway's own pages, from allowed origins, and from programs. */
export const requireOwnOrigin: MiddlewareHandler<Env> = async (c, next) => {
  const { config, peer } = c.var;
  checkOrigin(c.req.header("origin") ?? null, listOrigins(peer, config.gateway));
  await next();
};

/** The answer to a request without any credential. */
export const SIGN_IN_FIRST = "Sign in to open this";

/** Finds out who sent the request, and keeps the identity with it. */
export const requireIdentity: MiddlewareHandler<Env> = async (c, next) => {
  const identity = await c.var.authentication.access.identify(c.req.raw, c.var.peer);
  if (!identity) throw new PortholeError("sign_in_required", SIGN_IN_FIRST);
  requireKnownOrigin(c, identity);
  c.set("identity", identity);
  await next();
};

/** Browsers send cookies with every request, whichever page caused it: only the Origin header names that page. */
function requireKnownOrigin(c: Context<Env>, identity: Identity): void {
  const changes = !isSafe(c.req.method) || c.req.header("upgrade") !== undefined;
  if (!identity.ambient || !changes || c.req.header("origin") !== undefined) return;
  throw new PortholeError(
    "origin_refused",
    "A request without an Origin header must be authenticated by a token, not by a cookie",
  );
}

/** Passes administrators on. */
export const requireAdmin: MiddlewareHandler<Env> = async (c, next) => {
  if (!c.var.identity.admin) throw new PortholeError("not_allowed", "Only administrators can see this");
  await next();
};

/** Passes on administrators, and tokens with the metrics scope. */
export const requireMetrics: MiddlewareHandler<Env> = async (c, next) => {
  const { admin, bounds } = c.var.identity;
  if (!admin && bounds?.metrics !== true) {
    throw new PortholeError("not_allowed", "Reading the metrics requires a token with the metrics scope");
  }
  await next();
};
