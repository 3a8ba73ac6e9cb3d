/** The JSON interface; /api/openapi.json describes it. */
import { Hono } from "hono";
import type { Access } from "../access/access.ts";
import { PortholeError } from "../errors.ts";
import type { Finding, Prober } from "../session/prober.ts";
import type { SessionRegistry } from "../session/registry.ts";
import type { Session } from "../session/session.ts";
import type { Env } from "./env.ts";
import { findSource, listSources, type Permitted } from "./find_source.ts";
import { describeApi } from "./openapi.ts";

/** What the interface needs. */
export interface ApiParts {
  access: Access;
  registry: SessionRegistry;
  prober: Prober;
  version: string;
  /** Lets a refused secret of a source be tried again. */
  forgive: (name: string) => void;
}

/** A source as programs and the board's script see it. */
export interface SourceView {
  readonly name: string;
  readonly title: string;
  readonly group?: string;
  readonly view_only: boolean;
  readonly sessions: number;
  readonly status: Finding["status"] | "busy";
  readonly words: string;
  readonly mode?: Finding["mode"];
  readonly checked?: string;
}

/** Makes the routes below /api. */
export function createApi({ access, registry, prober, version, forgive }: ApiParts): Hono<Env> {
  const api = new Hono<Env>();
  const show = (permitted: Permitted) => viewSource(permitted, registry, prober);
  api.get("/openapi.json", (c) => c.json(describeApi({ version, base: c.var.base })));
  api.get("/sources", (c) => c.json(listSources(c, access).map(show)));
  api.get("/sources/:name", (c) => c.json(show(findSource(c, access, c.req.param("name")))));
  api.get("/sources/:name/probe", async (c) => {
    const permitted = findSource(c, access, c.req.param("name"));
    const finding = await prober.probe(permitted.source);
    return c.json({ ...show(permitted), ...finding });
  });
  api.post("/sources/:name/retry", (c) => {
    const { source } = findSource(c, access, c.req.param("name"));
    forgive(source.name);
    prober.forget(source.name);
    return c.body(null, 204);
  });
  api.get("/sessions", (c) => {
    const mine = registry.list().filter((session) => maySee(session, c.var.identity));
    return c.json(mine.map((session) => session.view()));
  });
  api.delete("/sessions/:id", (c) => {
    const session = registry.get(c.req.param("id"));
    if (!session || !maySee(session, c.var.identity)) throw new PortholeError("not_found", "There is no such session");
    session.end(new PortholeError("not_allowed", "This session was ended by a person"));
    return c.body(null, 204);
  });
  return api;
}

function maySee(session: Session, identity: { name: string; admin: boolean }): boolean {
  return identity.admin || session.onlooker.person === identity.name;
}

/** What lists show of a source: never its host. */
export function viewSource({ source, role }: Permitted, registry: SessionRegistry, prober: Prober): SourceView {
  const { name, title, group, viewOnly } = source;
  const sessions = registry.countSource(name);
  return {
    name,
    title,
    ...(group === undefined ? {} : { group }),
    view_only: viewOnly || role === "view",
    sessions,
    ...prober.last(source),
  };
}
