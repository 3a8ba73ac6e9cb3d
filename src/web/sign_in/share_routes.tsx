/** Opening a share link. */
import { type Context, Hono } from "hono";
import { decideRole, mayList } from "../../access/access.ts";
import type { ShareLink } from "../../access/share_links.ts";
import { PortholeError } from "../../errors.ts";
import { type Env, readAddress } from "../env.ts";
import { readForm } from "../form.ts";
import { noteEvent } from "../note_event.ts";
import { readPageProps } from "../page_props.ts";
import { finishSignIn, goTo } from "./begin_sign_in.ts";
import { refuseSignIn } from "./refuse_sign_in.ts";
import { SharePage } from "./share_page.tsx";

/** Makes GET and POST /share. */
export function createShareRoutes(): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/share", (c) => c.html(<SharePage {...readPageProps(c)} />));
  routes.post("/share", openLink);
  return routes;
}

async function openLink(c: Context<Env>): Promise<Response> {
  const { links, signInLimit } = c.var.authentication;
  const secret = (await readForm(c))("secret");
  try {
    await signInLimit.take(readAddress(c));
    const found = await links.find(secret);
    if (found && await mayOpenAlready(c, found)) return goTo(c, `/site/vnc/${found.source}`);
    const link = await links.open(secret);
    if (!link) throw new PortholeError("sign_in_required", "This link has expired, has been used up or was revoked");
    noteEvent(c, { event: "link_opened", who: link.createdBy, what: `${link.source} ${link.id}` });
    const guest = { name: `link:${link.id}`, by: "share_link", of: link.id } as const;
    return await finishSignIn(c, guest, `/site/vnc/${link.source}`);
  } catch (thrown) {
    return await refuseSignIn(c, thrown, {
      show: (message, status) => c.html(<SharePage {...readPageProps(c)} message={message} />, status),
    });
  }
}

/** Whether the browser may open the source without the link: then it keeps its own sign-in. */
async function mayOpenAlready(c: Context<Env>, { source: name, role }: ShareLink): Promise<boolean> {
  const source = c.var.config.sources.get(name);
  const identity = await c.var.authentication.access.identify(c.req.raw, c.var.peer).catch(() => null);
  const own = identity && source && mayList(identity, source) ? decideRole(identity, source) : null;
  return own === "control" || (own !== null && own === role);
}
