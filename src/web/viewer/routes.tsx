/** The viewer page. Its WebSocket is in socket_route.ts. */
import { Hono } from "hono";
import type { Env } from "../env.ts";
import { findSource } from "../find_source.ts";
import { readPageProps } from "../page_props.ts";
import { ViewerPage } from "./page.tsx";

/** Makes /site/vnc/:name. */
export function createViewerRoutes(): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/site/vnc/:name", async (c) => {
    // The page opens the source as it was itself opened: by its name, or by the token, which only the user knows.
    const name = c.req.param("name");
    const { source, role } = await findSource(c, name);
    const { title, group } = source;
    const viewOnly = source.viewOnly || role === "view";
    const { version } = c.var.about;
    return c.html(<ViewerPage {...readPageProps(c)} source={{ name, title, group, viewOnly }} version={version} />);
  });
  return routes;
}
