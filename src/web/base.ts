/** Addresses of the gateway's own pages: relative ones for links and redirects, absolute ones for other programs. */
import type { Context, MiddlewareHandler } from "hono";
import { listForwardedHeaders } from "../access/forwarded.ts";
import type { Env } from "./env.ts";

/**
 * The way from a path below the base path up to that base path: "../../" from /site/vnc/pi. Links and redirects begin
 * with it, so that they stay below any path that a proxy removes, even if the proxy does not tell that path.
 */
export function climbFrom(path: string): string {
  return "../".repeat(path.split("/").length - 2) || "./";
}

/** An absolute address below `public_url`, or below the address that the browser uses. For links that are sent around. */
export function makePublicAddress(c: Context<Env>, path: string): string {
  const { publicUrl } = c.var.config.gateway;
  return publicUrl ? new URL(path, publicUrl).href : makeOwnAddress(c, path);
}

/**
 * An absolute address at which this browser reaches the gateway. That is below `public_url`, which a proxy may not tell,
 * except for a browser that came without a proxy under another name.
 */
export function makeReturnAddress(c: Context<Env>, path: string): string {
  const { peer, config: { gateway: { publicUrl } } } = c.var;
  const isDirect = !peer.proxied && listForwardedHeaders(c.req.raw.headers).length === 0;
  const isOther = new URL(peer.origin).hostname !== publicUrl?.hostname;
  return isDirect && isOther ? makeOwnAddress(c, path) : makePublicAddress(c, path);
}

function makeOwnAddress({ var: { peer, config } }: Context<Env>, path: string): string {
  return new URL(peer.prefix + config.gateway.basePath + path, peer.origin).href;
}

/** Redirects `/vnc` to `/vnc/` where that is the base path: on a page without the slash, relative links lead elsewhere. */
export const addSlash: MiddlewareHandler<Env> = async (c, next) => {
  const { pathname, search } = new URL(c.req.url);
  const { basePath } = c.var.config.gateway;
  if (basePath === "/" || `${pathname}/` !== basePath) return await next();
  return c.redirect(`./${pathname.slice(pathname.lastIndexOf("/") + 1)}/${search}`, 308);
};
