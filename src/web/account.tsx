/** The account page: one's sign-ins, second step and share links; and the trail, for admins. */
import { type Context, Hono } from "hono";
import type { Identity } from "../access/access.ts";
import type { FrontDoor } from "../access/front_door.ts";
import { groupAddress } from "../access/peer.ts";
import type { SignIn } from "../access/sign_ins.ts";
import type { User } from "../config/config.ts";
import { FAILURES, PortholeError } from "../errors.ts";
import type { Audit } from "../telemetry/audit.ts";
import type { Env } from "./env.ts";
import { findSource, listSources } from "./find_source.ts";
import { readForm } from "./form.ts";
import { listLinks, makeLink, mayShare, revokeLink, viewLink } from "./links.ts";
import { readPageProps } from "./page_props.ts";
import { AccountPage, type SecondStepState } from "./pages/account.tsx";
import { AuditPage } from "./pages/audit.tsx";

/** What the account page needs. */
export interface AccountParts {
  door: FrontDoor;
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
  const { door, audit } = parts;
  const routes = new Hono<Env>();
  const act =
    (action: (c: Context<Env>, field: (name: string) => string) => Shown | void) => async (c: Context<Env>) => {
      try {
        const shown = action(c, await readForm(c));
        return shown ? await showAccount(c, door, shown) : c.redirect(`${c.var.base}account`, 303);
      } catch (thrown) {
        if (!(thrown instanceof PortholeError)) throw thrown;
        return await showAccount(c, door, { message: thrown.message, status: pickStatus(thrown) });
      }
    };
  routes.get("/account", (c) => showAccount(c, door, {}));
  routes.post("/account/end", act((c, field) => endSignIn(c, parts, field("id"))));
  routes.post("/account/second-step", act((c) => (requireUser(c), { offer: true })));
  routes.post("/account/second-step/confirm", act((c, field) => confirmSecondStep(c, parts, field("code"))));
  routes.post("/account/second-step/remove", act((c, field) => removeSecondStep(c, parts, field("code"))));
  routes.post("/account/links", act((c, field) => makeLinkByForm(c, parts, field)));
  routes.post("/account/links/revoke", act((c, field) => revokeLink(c, { ...parts, links: door.links }, field("id"))));
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
export function listSignIns({ signIns }: FrontDoor, identity: Identity): SignIn[] {
  const own = (signIn: SignIn) => identity.signIn !== undefined && isOfSame(signIn, identity);
  return signIns.list().filter((signIn) => identity.admin || own(signIn));
}

/** Guests of links share a label at most, not an account. */
function isOfSame({ id, name, by }: SignIn, identity: Identity): boolean {
  return identity.by === "share_link" ? id === identity.signIn : by === identity.by && name === identity.name;
}

/** Ends a sign-in, and the sessions that it carried. @throws PortholeError not_found */
export function endSignIn(c: Context<Env>, { door, audit, endUnpermitted }: AccountParts, shortId: string): void {
  const { identity, peer } = c.var;
  const found = listSignIns(door, identity).find(({ id }) => shortenId(id) === shortId);
  if (!found) throw new PortholeError("not_found", "There is no such sign-in");
  door.signIns.endWhere(({ id }) => id === found.id);
  endUnpermitted();
  const from = groupAddress(peer.address);
  audit.note({ event: "sign_in_ended", who: identity.name, from, what: found.name, outcome: "ok" });
}

/** A sign-in for lists: enough of its id to name it. */
export function viewSignIn(signIn: SignIn, identity: Identity) {
  const { id, name, by, createdMs, seenMs, address, agent } = signIn;
  return {
    id: shortenId(id),
    name,
    by: by.replaceAll("_", " "),
    created: new Date(createdMs).toISOString(),
    seen: new Date(seenMs).toISOString(),
    address,
    agent,
    current: id === identity.signIn,
  };
}

function shortenId(id: string): string {
  return id.slice(0, 16);
}

function showAccount(c: Context<Env>, door: FrontDoor, shown: Shown): Response | Promise<Response> {
  const { identity } = c.var;
  const { message, made, offer = false, status = 200 } = shown;
  const sources = mayShare(identity) ? listSources(c, door.access) : [];
  const page = {
    signIns: listSignIns(door, identity).map((signIn) => viewSignIn(signIn, identity)),
    secondStep: describeSecondStep(c, door, offer),
    links: listLinks(door, identity).map(viewLink),
    sources: sources.map(({ source, role }) => ({ name: source.name, title: source.title, role })),
    admin: identity.admin,
    signedIn: identity.signIn !== undefined,
  };
  return c.html(<AccountPage {...readPageProps(c)} {...page} message={message} made={made} />, status);
}

function describeSecondStep(c: Context<Env>, { secondSteps }: FrontDoor, offer: boolean): SecondStepState {
  const user = findUser(c);
  if (!user) return { kind: "none" };
  if (user.totp) return { kind: "fixed" };
  if (secondSteps.has(user)) return { kind: "on" };
  if (!offer) return { kind: "off" };
  const { secret, uri } = secondSteps.offer(user.name);
  return { kind: "offered", secret, uri };
}

function confirmSecondStep(c: Context<Env>, { door, audit }: AccountParts, code: string): Shown | void {
  const user = requireUser(c);
  if (user.totp || door.secondSteps.has(user)) {
    throw new PortholeError("not_allowed", "The second step is set up already");
  }
  if (!door.secondSteps.confirm(user.name, code)) {
    return { offer: true, message: "The code is wrong: is the clock of the device right?", status: 400 };
  }
  audit.note({ event: "second_step_set", who: user.name, from: groupAddress(c.var.peer.address), outcome: "ok" });
}

function removeSecondStep(c: Context<Env>, { door, audit }: AccountParts, code: string): Shown | void {
  const user = requireUser(c);
  if (user.totp || !door.secondSteps.check(user, code)) return { message: "The code is wrong", status: 400 };
  door.secondSteps.remove(user.name);
  audit.note({ event: "second_step_removed", who: user.name, from: groupAddress(c.var.peer.address), outcome: "ok" });
}

function makeLinkByForm(c: Context<Env>, parts: AccountParts, field: (name: string) => string): Shown {
  const permitted = findSource(c, parts.door.access, field("source"));
  const uses = field("uses").trim();
  const written = {
    role: field("role") || "view",
    expires: field("expires") || "1d",
    uses: uses === "" ? null : Number(uses),
    label: field("label"),
  };
  return { made: makeLink(c, { ...parts, links: parts.door.links }, permitted, written).url };
}

/** Somebody who signed in with a password; others have no second step here. */
function findUser(c: Context<Env>): User | undefined {
  const { identity, config } = c.var;
  return identity.by === "password" && config.auth.mode !== "none" ? config.auth.users.get(identity.name) : undefined;
}

function requireUser(c: Context<Env>): User {
  const user = findUser(c);
  if (!user) throw new PortholeError("not_allowed", "Only who signed in with a password has a second step here");
  return user;
}

function pickStatus({ code }: PortholeError): NonNullable<Shown["status"]> {
  const { status } = FAILURES[code];
  return status === 401 || status === 403 || status === 404 || status === 429 ? status : 400;
}
