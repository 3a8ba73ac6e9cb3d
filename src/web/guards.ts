/** The guards, as middleware: each lets a request pass or throws the one error that it is named for. */
import type { MiddlewareHandler } from "hono";
import type { Access } from "../access/access.ts";
import { checkOrigin } from "../access/origin.ts";
import { PortholeError } from "../errors.ts";
import type { Env } from "./env.ts";

/** Lets WebSocket handshakes pass (RFC 6455 section 4.2.1). */
export const requireUpgrade: MiddlewareHandler<Env> = async (c, next) => {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    c.header("Upgrade", "websocket");
    throw new PortholeError("upgrade_needed", "This address is for WebSockets: open /site/vnc/ and the name instead");
  }
  await next();
};

/** Lets requests of the own pages, of allowed origins, and of programs pass. */
export const requireOwnOrigin: MiddlewareHandler<Env> = async (c, next) => {
  const { config, peer } = c.var;
  checkOrigin({ origin: c.req.header("origin") ?? null, own: peer.origin, allowed: config.gateway.allowedOrigins });
  await next();
};

/** Lets those pass whose identity is known, and keeps it with the request. */
export function requireIdentity(access: Access): MiddlewareHandler<Env> {
  return async (c, next) => {
    const identity = await access.identify(c.req.raw, c.var.peer);
    if (!identity) throw new PortholeError("sign_in_needed", "Sign in to open this");
    c.set("identity", identity);
    await next();
  };
}
