/** The way to a provider of OpenID Connect and back. */
import { type Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { isSecure } from "../../access/cookie_credential.ts";
import { type OidcOutcome, type OidcSignIn, PENDING_MS } from "../../access/oidc.ts";
import { groupAddress } from "../../access/peer.ts";
import { describeError } from "../../access/provider_fetch.ts";
import { readReturnPath } from "../../access/return_path.ts";
import type { SignIn } from "../../access/sign_ins.ts";
import { asPortholeError, type PortholeError } from "../../errors.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Env } from "../env.ts";

/** What the way needs. */
export interface OidcParts {
  oidc: OidcSignIn;
  log: Log;
  /** Counts a try of an address. @throws PortholeError limit_reached */
  takeTry(address: string): Promise<void>;
  /** Begins a sign-in with a cookie of its own on the answer, and gives its id. */
  beginSignIn(c: Context<Env>, who: Pick<SignIn, "name" | "by" | "of" | "groups">): string;
  /** Answers a way that failed. */
  showRefusal(c: Context<Env>, error: PortholeError): Response | Promise<Response>;
}

const COOKIE = "porthole-oidc";

/** Makes the routes; they stand before the guard. */
export function createOidcRoutes(parts: OidcParts): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/sign-in/oidc", (c) => attempt(c, parts, () => goToProvider(c, parts)));
  routes.get("/sign-in/oidc/callback", (c) => attempt(c, parts, () => comeBack(c, parts)));
  return routes;
}

/** Where a page begins the way, to come back to `next` in the end. */
export function linkToProvider(base: string, next: string): string {
  return `${base}sign-in/oidc?next=${encodeURIComponent(next)}`;
}

async function goToProvider(c: Context<Env>, { oidc, takeTry }: OidcParts): Promise<Response> {
  const { peer, base } = c.var;
  await takeTry(groupAddress(peer.address));
  const redirectUri = new URL(`${base}sign-in/oidc/callback`, peer.origin).href;
  const next = readReturnPath(c.req.query("next"));
  const { location, binding } = await oidc.begin({ redirectUri, next, binding: readBinding(c) });
  const secure = isSecure(peer);
  setCookie(c, COOKIE, binding, {
    ...(secure && { prefix: "host" }),
    secure,
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    maxAge: PENDING_MS / 1000,
  });
  return c.redirect(location, 303);
}

async function comeBack(c: Context<Env>, { oidc, takeTry, beginSignIn }: OidcParts): Promise<Response> {
  await takeTry(groupAddress(c.var.peer.address));
  const query = new URL(c.req.url).searchParams;
  const { person, of, next, keepFor }: OidcOutcome = await oidc.finish({ query, binding: readBinding(c) });
  keepFor(beginSignIn(c, { ...person, by: "oidc", of }));
  return c.redirect(c.var.base + next.slice(1), 303);
}

async function attempt(c: Context<Env>, parts: OidcParts, step: () => Promise<Response>): Promise<Response> {
  try {
    return await step();
  } catch (thrown) {
    const error = asPortholeError(thrown);
    parts.log.warn(error.message, { code: error.code, cause: describeError(error.cause) });
    return await parts.showRefusal(c, error);
  }
}

/** What ties the answer to the browser that asked; "" where there is none. */
function readBinding(c: Context<Env>): string {
  const value = isSecure(c.var.peer) ? getCookie(c, COOKIE, "host") : getCookie(c, COOKIE);
  return /^[\w-]{43}$/.test(value ?? "") ? value! : "";
}
