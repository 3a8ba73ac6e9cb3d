/** The JSON interface; /api/openapi.json describes it. */
import { type Context, Hono } from "hono";
import type { Access } from "../../access/access.ts";
import { groupAddress } from "../../access/peer.ts";
import { PortholeError } from "../../errors.ts";
import { viewSession } from "../../session/session_view.ts";
import type { Finding } from "../../source/prober.ts";
import type { Sources } from "../../source/sources.ts";
import type { SessionRegistry } from "../../session/registry.ts";
import type { Session } from "../../session/session.ts";
import { type AccountParts, endSignIn, listSignIns, requireAdmin, viewSignIn } from "../account/routes.tsx";
import type { Env } from "../env.ts";
import { findSource, listSources, type Permitted } from "../find_source.ts";
import { listLinks, makeLink, revokeLink, viewLink } from "../account/links.ts";
import { describeApi } from "./openapi.ts";

/** What the interface needs. */
export interface ApiParts extends AccountParts {
  access: Access;
  registry: SessionRegistry;
  sources: Sources;
  version: string;
}

/** A source as programs and the dashboard's script see it. */
export interface SourceView {
  readonly name: string;
  readonly title: string;
  readonly group?: string;
  readonly view_only: boolean;
  readonly sessions: number;
  readonly status: Finding["status"] | "busy";
  readonly detail: string;
  readonly mode?: Finding["mode"];
  readonly checked?: string;
}

/** Makes the routes below /api. */
export function createApi(parts: ApiParts): Hono<Env> {
  const { access, registry, sources, version, authentication, audit, endUnpermitted } = parts;
  const linkParts = { links: authentication.links, audit, endUnpermitted };
  const api = new Hono<Env>();
  const show = (permitted: Permitted) => viewSource(permitted, registry, sources);
  api.get("/openapi.json", (c) => c.json(describeApi({ version, base: c.var.base })));
  api.get("/sources", (c) => c.json(listSources(c, access).map(show)));
  api.get("/sources/:name", (c) => c.json(show(findSource(c, access, c.req.param("name")))));
  api.get("/sources/:name/probe", async (c) => {
    const permitted = findSource(c, access, c.req.param("name"));
    const finding = await sources.get(permitted.source).probe();
    return c.json({ ...show(permitted), ...finding });
  });
  api.post("/sources/:name/retry", (c) => {
    const { source, role } = findSource(c, access, c.req.param("name"));
    if (role !== "control" && !c.var.identity.admin) {
      throw new PortholeError("not_allowed", "Who may only look may not spend logins");
    }
    sources.get(source).forgive();
    return c.body(null, 204);
  });
  api.get("/sources/:name/links", (c) => {
    const { source } = findSource(c, access, c.req.param("name"));
    return c.json(listLinks(linkParts, c.var.identity).filter((link) => link.source === source.name).map(viewLink));
  });
  api.post("/sources/:name/links", async (c) => {
    const permitted = findSource(c, access, c.req.param("name"));
    return c.json(makeLink(c, linkParts, permitted, await readJsonBody(c)), 201);
  });
  api.delete("/sources/:name/links/:id", (c) => {
    const { source } = findSource(c, access, c.req.param("name"));
    revokeLink(c, linkParts, c.req.param("id"), source.name);
    return c.body(null, 204);
  });
  api.get(
    "/sign-ins",
    (c) => c.json(listSignIns(authentication, c.var.identity).map((one) => viewSignIn(one, c.var.identity))),
  );
  api.delete("/sign-ins/:id", (c) => {
    endSignIn(c, parts, c.req.param("id"));
    return c.body(null, 204);
  });
  api.get("/audit", (c) => {
    requireAdmin(c.var.identity);
    return c.json(audit.list(readCount(c.req.query("limit"))));
  });
  api.get("/sessions", (c) => {
    const mine = registry.list().filter((session) => maySee(session, c.var.identity));
    return c.json(mine.map((session) => viewSession(session)));
  });
  api.delete("/sessions/:id", (c) => {
    const session = registry.get(c.req.param("id"));
    if (!session || !maySee(session, c.var.identity)) throw new PortholeError("not_found", "There is no such session");
    session.end(new PortholeError(c.var.identity.admin ? "session_ended_by_admin" : "viewer_left", ENDED));
    const from = groupAddress(c.var.peer.address);
    const what = `${session.source.name} ${session.id}`;
    audit.note({ event: "session_ended_by_user", who: c.var.identity.name, from, what, outcome: "ok" });
    return c.body(null, 204);
  });
  return api;
}

/** A body of JSON; without one, what is not said gets its default. @throws PortholeError bad_request */
async function readJsonBody(c: Context<Env>): Promise<unknown> {
  const text = await c.req.text();
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    throw new PortholeError("bad_request", "The body is no JSON");
  }
}

const ENDED = "This session was ended by a user";

const AUDIT_LINES = 100;
const AUDIT_LINES_MOST = 1_000;

function readCount(text: string | undefined): number {
  const count = /^\d{1,4}$/.test(text ?? "") ? Number(text) : AUDIT_LINES;
  return Math.max(1, Math.min(AUDIT_LINES_MOST, count));
}

function maySee(session: Session, identity: { name: string; admin: boolean }): boolean {
  return identity.admin || session.user.name === identity.name;
}

/** What lists show of a source: never its host. */
export function viewSource({ source, role }: Permitted, registry: SessionRegistry, sources: Sources): SourceView {
  const { name, title, group, viewOnly } = source;
  const sessions = registry.countSource(name);
  return {
    name,
    title,
    ...(group === undefined ? {} : { group }),
    view_only: viewOnly || role === "view",
    sessions,
    ...sources.get(source).finding,
  };
}
