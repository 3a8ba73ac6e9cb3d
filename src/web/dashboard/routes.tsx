/** The dashboard. */
import { Hono } from "hono";
import type { Env } from "../env.ts";
import { listSources } from "../find_source.ts";
import { readPageProps } from "../page_props.ts";
import { viewSource } from "../source_view.ts";
import { DashboardPage } from "./page.tsx";

/** Makes /. */
export function createDashboardRoutes(): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/", (c) => {
    const { sources, about, identity } = c.var;
    const permitted = listSources(c);
    // The page shows what is known now; its script fetches what these probes find.
    for (const { source } of permitted) void sources.get(source).probe();
    return c.html(
      <DashboardPage
        {...readPageProps(c)}
        sources={permitted.map((one) => viewSource(c, one))}
        takesTokens={c.var.readTokensAgain !== undefined}
        problems={identity.admin ? about.problems() : []}
        warnings={about.warnings()}
      />,
    );
  });
  return routes;
}
