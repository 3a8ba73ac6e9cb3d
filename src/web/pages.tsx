/** The pages: the dashboard, the viewer, and how to trust the certificate. */
import { Hono } from "hono";
import type { Access } from "../access/access.ts";
import { PortholeError } from "../errors.ts";
import type { Sources } from "../source/sources.ts";
import type { SessionRegistry } from "../session/registry.ts";
import { viewSource } from "./api/routes.ts";
import type { Env } from "./env.ts";
import { findSource, listSources } from "./find_source.ts";
import { readPageProps } from "./page_props.ts";
import { DashboardPage } from "./dashboard/page.tsx";
import { INSTALL_GUIDES } from "../tls/install.ts";
import { TrustPage } from "./trust/page.tsx";
import { ViewerPage } from "./viewer/page.tsx";

/** What the pages need. */
export interface PageParts {
  access: Access;
  registry: SessionRegistry;
  sources: Sources;
  version: string;
  /** What is wrong with the gateway now: a bad edit of sources.yaml. */
  problems: () => readonly string[];
  /** What a person should know: that nobody has to sign in. */
  warnings: () => readonly string[];
  /** The local CA; undefined where the certificate was given or there is none. */
  ca: () => { readonly pem: string; readonly fingerprint256: string | undefined } | undefined;
}

/** Makes the page routes. */
export function createPages(parts: PageParts): Hono<Env> {
  const { access, registry, sources: all, version } = parts;
  const pages = new Hono<Env>();
  pages.get("/", (c) => {
    const permitted = listSources(c, access);
    // The dashboard shows what is known; looking goes on behind it and its script fetches what was found.
    for (const { source } of permitted) all.get(source).probe();
    const sources = permitted.map((one) => {
      const { view_only, ...view } = viewSource(one, registry, all);
      return { ...view, viewOnly: view_only };
    });
    const { problems, warnings } = parts;
    return c.html(
      <DashboardPage
        {...readPageProps(c)}
        sources={sources}
        problems={c.var.identity.admin ? problems() : []}
        warnings={warnings()}
      />,
    );
  });
  pages.get("/site/vnc/:name", (c) => {
    const { source, role } = findSource(c, access, c.req.param("name"));
    const { name, title, group } = source;
    const viewOnly = source.viewOnly || role === "view";
    return c.html(<ViewerPage {...readPageProps(c)} source={{ name, title, group, viewOnly }} version={version} />);
  });
  return pages;
}

/** What one needs before signing in: how to trust the certificate. */
export function createPublicPages(parts: Pick<PageParts, "ca">): Hono<Env> {
  const pages = new Hono<Env>();
  pages.get("/ca.crt", (c) => {
    const ca = parts.ca();
    if (!ca) throw new PortholeError("not_found", "This gateway has no CA of its own");
    c.header("Content-Disposition", 'attachment; filename="porthole-ca.crt"');
    return c.body(ca.pem, 200, { "Content-Type": "application/x-x509-ca-cert" });
  });
  pages.get("/trust", (c) => {
    const address = new URL(`${c.var.base}trust`, c.var.peer.origin).href;
    const { fingerprint256 } = parts.ca() ?? {};
    return c.html(
      <TrustPage {...readPageProps(c)} fingerprint256={fingerprint256} address={address} guides={INSTALL_GUIDES} />,
    );
  });
  return pages;
}
