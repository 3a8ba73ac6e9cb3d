/** Every route and guard, in order: the table of contents. */
import { type Context, Hono } from "hono";
import { NONCE, secureHeaders } from "hono/secure-headers";
import { findPeer, groupAddress } from "./access/peer.ts";
import type { Config } from "./config/config.ts";
import { asPortholeError, type ErrorCode, PortholeError } from "./errors.ts";
import type { Log } from "./telemetry/log.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import { type AccountParts, createAccountRoutes } from "./web/account/routes.tsx";
import { type ApiParts, createApi } from "./web/api/routes.ts";
import type { Env } from "./web/env.ts";
import {
  guardUnsafeMethods,
  limitBody,
  limitHeaders,
  requireIdentity,
  requireMetrics,
  requireOwnHost,
  requireOwnOrigin,
  requireUpgrade,
  SIGN_IN_FIRST,
} from "./web/guards.ts";
import { refuseOtherMethods } from "./web/methods.ts";
import { createPages, createPublicPages, type PageParts } from "./web/pages.tsx";
import { answerProblem } from "./web/problem.tsx";
import { createSignInRoutes, type SignInParts } from "./web/sign_in/routes.tsx";
import { openSocket, type SocketParts } from "./web/viewer/socket_route.ts";
import { createStaticHandler, type StaticFiles } from "./web/static_files.ts";

/** What the app is made of; main.ts makes the parts, tests make their own. */
export interface AppParts extends SocketParts, ApiParts, PageParts, SignInParts, AccountParts {
  /** The configuration as it is now; a request keeps the one it began with. */
  config: () => Config;
  /** The machine's own name, under which it may be reached. */
  ownName?: string;
  isTrustedProxy: (address: string) => boolean;
  staticFiles: StaticFiles;
  metrics: Metrics;
  log: Log;
}

/** Makes the app: `app.fetch(request, { remote })`. */
export function createApp(parts: AppParts): Hono<Env> {
  const { log, metrics } = parts;
  const identity = requireIdentity(parts.access);
  const app = new Hono<Env>({ getPath: (request) => stripBase(request, parts.config().gateway.basePath) });

  app.onError((thrown, c) => {
    const error = asPortholeError(thrown);
    metrics.refused(error.code);
    noteRefusal(c, parts, error);
    if (error.code === "internal") log.error("Request failed", { path: c.req.path, cause: String(error.cause) });
    return answerProblem(c, error);
  });
  app.notFound((c) => answerProblem(c, new PortholeError("not_found", "There is nothing at this address")));

  app.use(async (c, next) => {
    const config = parts.config();
    const peer = findPeer(c.req.raw, c.env.remote, parts.isTrustedProxy);
    c.set("config", config);
    c.set("peer", peer);
    c.set("base", peer.prefix + config.gateway.basePath);
    await next();
  });

  // Before the header guard: a 101 answer cannot be made anew.
  const entrance = [limitHeaders, requireOwnHost(parts.ownName)] as const;
  const socketGuards = [...entrance, requireUpgrade, requireOwnOrigin, identity] as const;
  app.get("/ws/vnc/:name", ...socketGuards, (c) => openSocket(c, parts, c.req.param("name")));
  app.get("/websockify", ...socketGuards, (c) => openSocket(c, parts, c.req.query("token") ?? ""));

  app.use(secureHeaders({
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
  }));
  app.use(async (c, next) => {
    await next();
    if (c.var.config.gateway.tls.mode === "files") c.header("Strict-Transport-Security", "max-age=31536000");
    if (!c.res.headers.has("cache-control")) c.header("Cache-Control", "no-store");
  });

  app.use(...entrance, guardUnsafeMethods, limitBody);

  app.get("/healthz", (c) => c.text("ok\n"));
  app.get("/readyz", async (c) => {
    const ready = !parts.registry.draining;
    const asker = await parts.access.identify(c.req.raw, c.var.peer).catch(() => null);
    // Problems name sources: they are nothing for strangers.
    return c.json({ ready, ...(asker?.admin && { problems: parts.problems() }) }, ready ? 200 : 503);
  });
  app.get(
    "/metrics",
    identity,
    requireMetrics,
    async (c) => c.body(await metrics.render(), 200, { "Content-Type": metrics.contentType }),
  );
  app.get("/static/:file", createStaticHandler(parts.staticFiles));

  app.route("/", createPublicPages(parts));
  app.route("/", createSignInRoutes(parts));

  app.use(identity);
  app.route("/api", createApi(parts));
  app.route("/", createAccountRoutes(parts));
  app.route("/", createPages(parts));
  refuseOtherMethods(app);
  return app;
}

/** Refusals that say something about who may do what; a mistyped address does not. */
const NOTED: ReadonlySet<ErrorCode> = new Set(["not_allowed", "origin_refused", "host_refused", "limit_reached"]);

function noteRefusal(c: Context<Env>, { audit }: Pick<AppParts, "audit">, { code, message }: PortholeError): void {
  const { peer, identity } = c.var;
  // A first visit without any credential is no event; a credential that did not count is.
  if (!NOTED.has(code) && (code !== "sign_in_required" || message === SIGN_IN_FIRST)) return;
  if (!peer) return;
  audit.note({
    event: "refused",
    who: identity?.name,
    from: groupAddress(peer.address),
    what: c.req.path,
    outcome: code,
  });
}

/** The path below the base path; a proxy may have taken it away already, so a path without it is taken as it is. */
function stripBase(request: Request, basePath: string): string {
  const path = new URL(request.url).pathname;
  if (basePath !== "/" && `${path}/`.startsWith(basePath)) return path.slice(basePath.length - 1) || "/";
  return path;
}
