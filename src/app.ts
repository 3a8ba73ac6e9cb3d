/** Every route and guard, in order: the table of contents. */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { findPeer, type Peer } from "./access/peer.ts";
import { isForWebsockify } from "./access/websockify_request.ts";
import type { SetTimer } from "./async/timer.ts";
import type { Config } from "./config/config.ts";
import { PortholeError } from "./errors.ts";
import { createAccountRoutes } from "./web/account/routes.tsx";
import { createApi } from "./web/api/routes.ts";
import { createDashboardRoutes } from "./web/dashboard/routes.tsx";
import { addSlash, climbFrom } from "./web/base.ts";
import type { Env } from "./web/env.ts";
import { guardUnsafeMethods, limitHeaders, requireIdentity, requireOwnHost, requireOwnOrigin } from "./web/guards.ts";
import { createHealthRoutes } from "./web/health/routes.ts";
import { limitResponses } from "./web/limit_responses.ts";
import { receiveBody } from "./web/receive_body.ts";
import { refuseOtherMethods } from "./web/methods.ts";
import { requireUpgrade } from "./web/require_upgrade.ts";
import { answerError, answerNotFound } from "./web/problem.tsx";
import { setCacheAndTransportHeaders, setSecurityHeaders } from "./web/response_headers.ts";
import type { Services } from "./web/services.ts";
import { createSignInRoutes } from "./web/sign_in/routes.tsx";
import { createStaticHandler, type StaticFiles } from "./web/static_files.ts";
import { createTrustRoutes } from "./web/trust/routes.tsx";
import { createViewerRoutes } from "./web/viewer/routes.tsx";
import { openAsWebsockify, openSession } from "./web/viewer/socket_route.ts";

/** What the app is made of. */
export interface AppParts {
  /** What routes use, through the context of each request. */
  readonly services: Services;
  /** The configuration as it is now; a request keeps the one it began with, unless it has token files read again. */
  readonly config: () => Config;
  readonly isTrustedProxy: (address: string) => boolean;
  /** The machine's own name, under which the gateway may be reached. */
  readonly ownName?: string | undefined;
  readonly staticFiles: StaticFiles;
  /** The timer of requests whose body comes slowly. */
  readonly setTimer?: SetTimer | undefined;
}

/** Makes the app: `app.fetch(request, { remote })`. */
export function createApp(parts: AppParts): Hono<Env> {
  const app = new Hono<Env>({ getPath: (request) => findRoute(request, parts.config().gateway.basePath) });
  app.onError(answerError);
  app.notFound(answerNotFound);
  app.use(setSecurityHeaders, setCacheAndTransportHeaders, prepareContext(parts), limitResponses());

  const entrance = [limitHeaders, requireOwnHost(parts.ownName)] as const;
  const socketGuards = [...entrance, requireUpgrade, requireOwnOrigin, requireIdentity] as const;
  app.get("/ws/vnc/:name", ...socketGuards, (c) => openSession(c, c.req.param("name")));
  app.get("/websockify", ...socketGuards, openAsWebsockify);

  // Before the guards, because the page of a refusal needs its style: a browser sends the same Host and headers for it.
  app.get("/static/:file", createStaticHandler(parts.staticFiles));
  app.use(...entrance, guardUnsafeMethods, receiveBody(parts.setTimer), addSlash);

  // Open to everybody, but for /metrics.
  app.route("/", createHealthRoutes()); // /healthz, /readyz, /metrics
  app.route("/", createTrustRoutes()); // /ca.crt, /trust
  app.route("/", createSignInRoutes()); // /sign-in…, /sign-out, /share

  app.use(requireIdentity);
  app.route("/api", createApi()); // /api/sources…, /api/sessions…, /api/sign-ins…, /api/audit, /api/openapi.json
  app.route("/", createAccountRoutes()); // /account…, /audit
  app.route("/", createDashboardRoutes()); // /
  app.route("/", createViewerRoutes()); // /site/vnc/:name

  refuseOtherMethods(app);
  return app;
}

/** Puts the services, the configuration and the peer into the context. */
function prepareContext({ services, config, isTrustedProxy }: AppParts): MiddlewareHandler<Env> {
  const { authentication, sessions, sources, telemetry, about } = services;
  return async (c, next) => {
    c.set("authentication", authentication);
    c.set("sessions", sessions);
    c.set("sources", sources);
    c.set("telemetry", telemetry);
    c.set("about", about);
    c.set("readTokensAgain", services.readTokensAgain);
    const snapshot = config();
    c.set("config", snapshot);
    if (!URL.canParse(c.req.url)) throw new PortholeError("bad_request", "The Host header is not valid");
    const { publicUrl } = snapshot.gateway;
    const peer = findPeer(c.req.raw, { remote: c.env.remote, isTrusted: isTrustedProxy, publicUrl });
    c.set("peer", peer);
    c.set("base", findBase(c.req, peer, snapshot));
    await next();
  };
}

/**
 * A proxy may remove /vnc from the address /vnc as well as from /vnc/, and a relative link would lead elsewhere from the
 * former: the first page says the whole path where it is known.
 */
function findBase({ url, path }: Context<Env>["req"], { prefix }: Peer, { gateway }: Config): string {
  const whole = prefix + gateway.basePath;
  return whole !== "/" && new URL(url).pathname === "/" ? whole : climbFrom(path);
}

/** The path that routes match: `/websockify` on any path that websockify's clients use, or else the path below the base. */
function findRoute(request: Request, basePath: string): string {
  if (!URL.canParse(request.url)) return "/";
  return isForWebsockify(request) ? "/websockify" : stripBase(request, basePath);
}

/** The path below the base path; a proxy may have removed that already, so a path without it stays as it is. */
function stripBase(request: Request, basePath: string): string {
  const path = new URL(request.url).pathname;
  if (basePath !== "/" && `${path}/`.startsWith(basePath)) return path.slice(basePath.length - 1) || "/";
  return path;
}
