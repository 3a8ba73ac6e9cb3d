/** Headers of every response except a 101, which is not a document and cannot be rebuilt. */
import type { MiddlewareHandler } from "hono";
import { NONCE, secureHeaders } from "hono/secure-headers";
import type { Env } from "./env.ts";

const secure = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: [NONCE],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", "data:", "blob:"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
    manifestSrc: ["'self'"],
  },
  referrerPolicy: "no-referrer",
  xFrameOptions: "DENY",
  strictTransportSecurity: false,
});

/** A strict Content-Security-Policy; no referrer, no framing and no content sniffing. */
export const setSecurityHeaders: MiddlewareHandler = async (c, next) => {
  if (c.req.header("upgrade") === undefined) return await secure(c, next);
  await next();
  // No browser shows the page of a refused upgrade, so its scripts need no nonce beforehand.
  if (c.res.status !== 101) await secure(c, () => Promise.resolve());
};

/** Keeps responses out of caches, and browsers on https where an administrator supplied the certificate. */
export const setCacheAndTransportHeaders: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  if (c.res.status === 101) return;
  if (c.var.config.gateway.tls.mode === "files") c.header("Strict-Transport-Security", "max-age=31536000");
  if (!c.res.headers.has("cache-control")) c.header("Cache-Control", "no-store");
};
