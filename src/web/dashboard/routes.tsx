/** The dashboard. */
import { Hono } from "hono";
import type { Env } from "../env.ts";
import { listSources } from "../find_source.ts";
import { readPageProps } from "../page_props.ts";
import { viewSource } from "../source_view.ts";
import { DashboardPage } from "./page.tsx";

/** Most sources on the page: browsers draw as many without a pause, and each is probed. */
const MOST_CARDS = 500;
/** As many as the JSON interface accepts. */
const MAX_SEARCH_CHARS = 200;

/** Makes /. */
export function createDashboardRoutes(): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/", async (c) => {
    const { sources, about, identity } = c.var;
    const search = c.req.query("search")?.slice(0, MAX_SEARCH_CHARS).trim();
    const { permitted, total } = await listSources(c, { search, limit: MOST_CARDS });
    // The page shows what is known now; its script fetches what these probes find.
    for (const { source } of permitted) void sources.get(source).probe();
    return c.html(
      <DashboardPage
        {...readPageProps(c)}
        sources={permitted.map((one) => viewSource(c, one))}
        total={total}
        search={search}
        takesTokens={c.var.readTokensAgain !== undefined}
        problems={identity.admin ? about.problems() : []}
        warnings={about.warnings()}
      />,
    );
  });
  return routes;
}
