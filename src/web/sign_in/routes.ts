/** Signing in and out, and opening a share link. These routes are open to everybody. */
import { Hono } from "hono";
import type { Env } from "../env.ts";
import { createOidcRoutes } from "./oidc_routes.ts";
import { createPasswordRoutes } from "./password_routes.tsx";
import { createShareRoutes } from "./share_routes.tsx";
import { signOut } from "./sign_out_route.tsx";

/** Makes /sign-in and what is below it, /sign-out and /share. */
export function createSignInRoutes(): Hono<Env> {
  const routes = new Hono<Env>();
  routes.route("/", createPasswordRoutes());
  routes.post("/sign-out", signOut);
  routes.route("/", createShareRoutes());
  routes.route("/", createOidcRoutes());
  return routes;
}
