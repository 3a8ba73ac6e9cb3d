/** The account page: one's sign-ins, two-factor authentication and share links; and the trail, for admins. */
import { type Context, Hono } from "hono";
import type { Identity } from "../../access/access.ts";
import type { Authentication } from "../../access/authentication.ts";
import { groupAddress } from "../../access/peer.ts";
import type { SignIn } from "../../access/sign_ins.ts";
import type { User } from "../../config/config.ts";
import { FAILURES, PortholeError } from "../../errors.ts";
import type { Audit } from "../../telemetry/audit.ts";
import type { Env } from "../env.ts";
import { findSource, listSources } from "../find_source.ts";
import { readForm } from "../form.ts";
import { listLinks, makeLink, mayShare, revokeLink, viewLink } from "./links.ts";
import { readPageProps } from "../page_props.ts";
import { AccountPage, type TwoFactorState } from "./page.tsx";
import { AuditPage } from "./audit_page.tsx";

/** What the account page needs. */
export interface AccountParts {
  authentication: Authentication;
  audit: Audit;
  endUnpermitted: () => void;
}

/** What an action came to, for the page that follows. */
interface Shown {
  readonly message?: string;
  readonly made?: string;
  readonly offer?: boolean;
  readonly status?: 200 | 400 | 401 | 403 | 404 | 429;
}

/** Lines of the trail on its page. */
const SHOWN_LINES = 200;

/** Makes the routes; they stand behind the guard. */
export function createAccountRoutes(parts: AccountParts): Hono<Env> {
  const { authentication, audit } = parts;
  const routes = new Hono<Env>();
  const act =
    (action: (c: Context<Env>, field: (name: string) => string) => Shown | void) => async (c: Context<Env>) => {
      try {
        const shown = action(c, await readForm(c));
        return shown ? await showAccount(c, authentication, shown) : c.redirect(`${c.var.base}account`, 303);
      } catch (thrown) {
        if (!(thrown instanceof PortholeError)) throw thrown;
        return await showAccount(c, authentication, { message: thrown.message, status: pickStatus(thrown) });
      }
    };
  routes.get("/account", (c) => showAccount(c, authentication, {}));
  routes.post("/account/end", act((c, field) => endSignIn(c, parts, field("id"))));
  routes.post("/account/two-factor", act((c) => (requireUser(c), { offer: true })));
  routes.post("/account/two-factor/confirm", act((c, field) => confirmTwoFactor(c, parts, field("code"))));
  routes.post("/account/two-factor/remove", act((c, field) => removeTwoFactor(c, parts, field("code"))));
  routes.post("/account/links", act((c, field) => makeLinkByForm(c, parts, field)));
  routes.post(
    "/account/links/revoke",
    act((c, field) => revokeLink(c, { ...parts, links: authentication.links }, field("id"))),
  );
  routes.get("/audit", (c) => {
    requireAdmin(c.var.identity);
    return c.html(<AuditPage {...readPageProps(c)} lines={audit.list(SHOWN_LINES)} />);
  });
  return routes;
}

/** Lets admins pass. @throws PortholeError not_allowed */
export function requireAdmin(identity: Identity): void {
  if (!identity.admin) throw new PortholeError("not_allowed", "Only administrators may see this");
}

/** The sign-ins that one may see and end: one's own; for admins, all. */
export function listSignIns({ signIns }: Authentication, identity: Identity): SignIn[] {
  const own = (signIn: SignIn) => identity.signIn !== undefined && isOfSame(signIn, identity);
  return signIns.list().filter((signIn) => identity.admin || own(signIn));
}

/** Guests of links share a label at most, not an account. */
function isOfSame({ id, name, by }: SignIn, identity: Identity): boolean {
  return identity.by === "share_link" ? id === identity.signIn : by === identity.by && name === identity.name;
}

/** Ends a sign-in, and the sessions that it carried. @throws PortholeError not_found */
export function endSignIn(
  c: Context<Env>,
  { authentication, audit, endUnpermitted }: AccountParts,
  shortId: string,
): void {
  const { identity, peer } = c.var;
  const found = listSignIns(authentication, identity).find(({ id }) => shortenId(id) === shortId);
  if (!found) throw new PortholeError("not_found", "There is no such sign-in");
  authentication.signIns.endWhere(({ id }) => id === found.id);
  endUnpermitted();
  const from = groupAddress(peer.address);
  audit.note({ event: "sign_in_ended", who: identity.name, from, what: found.name, outcome: "ok" });
}

/** A sign-in for lists: enough of its id to name it. */
export function viewSignIn(signIn: SignIn, identity: Identity) {
  const { id, name, by, createdMs, lastUsedMs, address, userAgent } = signIn;
  return {
    id: shortenId(id),
    name,
    by: by.replaceAll("_", " "),
    created: new Date(createdMs).toISOString(),
    last_used: new Date(lastUsedMs).toISOString(),
    address,
    user_agent: userAgent,
    current: id === identity.signIn,
  };
}

function shortenId(id: string): string {
  return id.slice(0, 16);
}

function showAccount(c: Context<Env>, authentication: Authentication, shown: Shown): Response | Promise<Response> {
  const { identity } = c.var;
  const { message, made, offer = false, status = 200 } = shown;
  const sources = mayShare(identity) ? listSources(c, authentication.access) : [];
  const page = {
    signIns: listSignIns(authentication, identity).map((signIn) => viewSignIn(signIn, identity)),
    twoFactor: describeTwoFactor(c, authentication, offer),
    links: listLinks(authentication, identity).map(viewLink),
    sources: sources.map(({ source, role }) => ({ name: source.name, title: source.title, role })),
    admin: identity.admin,
    signedIn: identity.signIn !== undefined,
  };
  return c.html(<AccountPage {...readPageProps(c)} {...page} message={message} made={made} />, status);
}

function describeTwoFactor(c: Context<Env>, { twoFactor }: Authentication, offer: boolean): TwoFactorState {
  const user = findUser(c);
  if (!user) return { kind: "none" };
  if (user.totp) return { kind: "fixed" };
  if (twoFactor.has(user)) return { kind: "on" };
  if (!offer) return { kind: "off" };
  const { secret, uri } = twoFactor.offer(user.name);
  return { kind: "offered", secret, uri };
}

function confirmTwoFactor(c: Context<Env>, { authentication, audit }: AccountParts, code: string): Shown | void {
  const user = requireUser(c);
  if (user.totp || authentication.twoFactor.has(user)) {
    throw new PortholeError("not_allowed", "Two-factor authentication is already on");
  }
  if (!authentication.twoFactor.confirm(user.name, code)) {
    return { offer: true, message: "The code is wrong: is the clock of the device right?", status: 400 };
  }
  audit.note({ event: "two_factor_enabled", who: user.name, from: groupAddress(c.var.peer.address), outcome: "ok" });
}

function removeTwoFactor(c: Context<Env>, { authentication, audit }: AccountParts, code: string): Shown | void {
  const user = requireUser(c);
  if (user.totp || !authentication.twoFactor.check(user, code)) return { message: "The code is wrong", status: 400 };
  authentication.twoFactor.remove(user.name);
  audit.note({ event: "two_factor_disabled", who: user.name, from: groupAddress(c.var.peer.address), outcome: "ok" });
}

function makeLinkByForm(c: Context<Env>, parts: AccountParts, field: (name: string) => string): Shown {
  const permitted = findSource(c, parts.authentication.access, field("source"));
  const uses = field("uses").trim();
  const written = {
    role: field("role") || "view",
    expires: field("expires") || "1d",
    uses: uses === "" ? null : Number(uses),
    label: field("label"),
  };
  return { made: makeLink(c, { ...parts, links: parts.authentication.links }, permitted, written).url };
}

/** Somebody who signed in with a password; others have no two-factor authentication here. */
function findUser(c: Context<Env>): User | undefined {
  const { identity, config } = c.var;
  return identity.by === "password" && config.auth.mode !== "none" ? config.auth.users.get(identity.name) : undefined;
}

function requireUser(c: Context<Env>): User {
  const user = findUser(c);
  if (!user) throw new PortholeError("not_allowed", "Two-factor authentication requires password sign-in");
  return user;
}

function pickStatus({ code }: PortholeError): NonNullable<Shown["status"]> {
  const { status } = FAILURES[code];
  return status === 401 || status === 403 || status === 404 || status === 429 ? status : 400;
}
