/** The routes for monitoring: whether the process is alive, whether it accepts new sessions, and its metrics. */
import { Hono } from "hono";
import type { Env } from "../env.ts";
import { requireIdentity, requireMetrics } from "../guards.ts";

/** Makes /healthz, /readyz and /metrics. */
export function createHealthRoutes(): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/healthz", (c) => c.text("ok\n"));
  routes.get("/readyz", async (c) => {
    const { sessions, authentication, peer, about } = c.var;
    const { draining, overload } = sessions.registry;
    const ready = !draining && !overload.isShort;
    const saved = about.unsaved() === 0;
    const identity = await authentication.access.identify(c.req.raw, peer).catch(() => null);
    // Problems name sources, so only administrators see them.
    return c.json({ ready, saved, ...(identity?.admin && { problems: about.problems() }) }, ready ? 200 : 503);
  });
  routes.get("/metrics", requireIdentity, requireMetrics, async (c) => {
    const { metrics } = c.var.telemetry;
    return c.body(await metrics.render(), 200, { "Content-Type": metrics.contentType });
  });
  return routes;
}
