/** The account page and its forms; and the audit log, for admins. */
import { type Context, type Handler, Hono } from "hono";
import { FAILURES, PortholeError } from "../../errors.ts";
import type { Env } from "../env.ts";
import { findSource } from "../find_source.ts";
import { type Fields, readForm } from "../form.ts";
import { requireAdmin } from "../guards.ts";
import { readPageProps } from "../page_props.ts";
import { parseRequest } from "../parse_request.ts";
import { AuditPage } from "./audit_page.tsx";
import { createLink, linkRequestSchema, revokeLink } from "./links.ts";
import { type Outcome, showAccount } from "./show_account.tsx";
import { endSignIn } from "./sign_ins.ts";
import { confirmTwoFactor, dismissCodeWarning, removeTwoFactor, requireUser } from "./two_factor.ts";

/** Entries on the page of the audit log. */
const SHOWN_ENTRIES = 200;

/** Makes /account and what is below it, and /audit. */
export function createAccountRoutes(): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/account", (c) => showAccount(c));
  routes.post("/account/end", act((c, field) => endSignIn(c, field("id"))));
  routes.post("/account/two-factor", act((c) => (requireUser(c), { offer: true })));
  routes.post("/account/two-factor/confirm", act(confirm));
  routes.post("/account/two-factor/remove", act(remove));
  routes.post("/account/code-warning/dismiss", act(dismissCodeWarning));
  routes.post("/account/links", act(create));
  routes.post("/account/links/revoke", act((c, field) => revokeLink(c, field("id"))));
  routes.get("/audit", requireAdmin, (c) => {
    return c.html(<AuditPage {...readPageProps(c)} lines={c.var.telemetry.audit.list(SHOWN_ENTRIES)} />);
  });
  return routes;
}

/** The action of a form. Without an outcome, the browser is redirected to the page. */
type Action = (c: Context<Env>, field: Fields) => Outcome | void | Promise<Outcome | void>;

/** Answers a form; an error is shown on the page. */
function act(action: Action): Handler<Env> {
  return async (c) => {
    try {
      const outcome = await action(c, await readForm(c));
      return outcome ? await showAccount(c, outcome) : c.redirect(`${c.var.base}account`, 303);
    } catch (thrown) {
      if (!(thrown instanceof PortholeError)) throw thrown;
      return await showAccount(c, { message: thrown.message, status: pickStatus(thrown) });
    }
  };
}

async function confirm(c: Context<Env>, field: Fields): Promise<Outcome | void> {
  if (await confirmTwoFactor(c, field("code"))) return;
  return { offer: true, message: "The code is wrong. Check that your device's clock is right.", status: 400 };
}

async function remove(c: Context<Env>, field: Fields): Promise<Outcome | void> {
  if (!await removeTwoFactor(c, field("code"))) return { message: "The code is wrong.", status: 400 };
}

async function create(c: Context<Env>, field: Fields): Promise<Outcome> {
  const permitted = await findSource(c, field("source"));
  const uses = field("uses").trim();
  const asked = parseRequest(linkRequestSchema, {
    role: field("role") || "view",
    expires: field("expires") || "1d",
    uses: uses === "" ? null : Number(uses),
    label: field("label"),
  });
  return { made: (await createLink(c, permitted, asked)).url };
}

function pickStatus({ code }: PortholeError): NonNullable<Outcome["status"]> {
  const { status } = FAILURES[code];
  return status === 401 || status === 403 || status === 404 || status === 429 || status === 503 ? status : 400;
}
