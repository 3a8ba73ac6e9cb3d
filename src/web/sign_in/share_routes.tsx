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
    const link = await links.find(secret);
    if (!link) throw refuseLink();
    const { id, source, createdBy } = link;
    if (await mayOpenAlready(c, link)) return goTo(c, `/site/vnc/${source}`);
    const guest = { name: `link:${id}`, by: "share_link", of: id } as const;
    return await finishSignIn(c, guest, `/site/vnc/${source}`, async () => {
      if (!await links.open(secret)) throw refuseLink();
      noteEvent(c, { event: "link_opened", who: createdBy, what: `${source} ${id}` });
    });
  } catch (thrown) {
    return await refuseSignIn(c, thrown, {
      show: (message, status) => c.html(<SharePage {...readPageProps(c)} message={message} />, status),
    });
  }
}

function refuseLink(): PortholeError {
  return new PortholeError("sign_in_required", "This link has expired, has been used up or was revoked");
}

/** Whether the browser may open the source without the link: then it keeps its own sign-in. */
async function mayOpenAlready(c: Context<Env>, { source: name, role }: ShareLink): Promise<boolean> {
  const source = c.var.config.sources.get(name);
  const identity = await c.var.authentication.access.identify(c.req.raw, c.var.peer).catch(() => null);
  const own = identity && source && mayList(identity, source) ? decideRole(identity, source) : null;
  return own === "control" || (own !== null && own === role);
}
