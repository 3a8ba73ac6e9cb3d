/** Signing in with an OpenID Connect provider. */
import { type Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { isSecure } from "../../access/cookie_credential.ts";
import { PENDING_MS } from "../../access/oidc.ts";
import { describeError } from "../../access/provider_fetch.ts";
import { readReturnPath } from "../../access/return_path.ts";
import { asPortholeError } from "../../errors.ts";
import { makeReturnAddress } from "../base.ts";
import { type Env, readAddress } from "../env.ts";
import { beginSignIn, goTo } from "./begin_sign_in.ts";
import { refuseSignIn } from "./refuse_sign_in.ts";
import { showSignIn } from "./show_sign_in.tsx";

/** Ties the provider's response to the browser that asked for it. */
const COOKIE = "porthole-oidc";

/** Makes GET /sign-in/oidc and /sign-in/oidc/callback. */
export function createOidcRoutes(): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/sign-in/oidc", (c) => attempt(c, goToProvider));
  routes.get("/sign-in/oidc/callback", (c) => attempt(c, comeBack));
  return routes;
}

/** Counts the attempt, and shows the sign-in page when it fails. */
async function attempt(c: Context<Env>, step: (c: Context<Env>) => Promise<Response>): Promise<Response> {
  try {
    await c.var.authentication.signInLimit.take(readAddress(c));
    return await step(c);
  } catch (thrown) {
    const error = asPortholeError(thrown);
    c.var.telemetry.log.warn(error.message, { code: error.code, cause: describeError(error.cause) });
    return await refuseSignIn(c, error, {
      show: (message, status) => showSignIn(c, { next: "/", message }, status),
    });
  }
}

async function goToProvider(c: Context<Env>): Promise<Response> {
  const { peer, authentication } = c.var;
  const redirectUri = makeReturnAddress(c, "sign-in/oidc/callback");
  const next = readReturnPath(c.req.query("next"));
  const from = readAddress(c);
  const { location, binding } = await authentication.oidc.begin({ redirectUri, next, binding: readBinding(c), from });
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

async function comeBack(c: Context<Env>): Promise<Response> {
  const query = new URL(c.req.url).searchParams;
  const outcome = await c.var.authentication.oidc.finish({ query, binding: readBinding(c) });
  const { user, of, next, keepFor } = outcome;
  keepFor(await beginSignIn(c, { ...user, by: "oidc", of }));
  return goTo(c, next);
}

/** The cookie's value; "" if there is none. */
function readBinding(c: Context<Env>): string {
  const value = isSecure(c.var.peer) ? getCookie(c, COOKIE, "host") : getCookie(c, COOKIE);
  return /^[\w-]{43}$/.test(value ?? "") ? value! : "";
}
