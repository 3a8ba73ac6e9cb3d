/** The routes of the front authentication: signing in, opening a share link, signing out. All of them stand before the guard. */
import { type Context, Hono } from "hono";
import type { Identity } from "../../access/access.ts";
import { readCookie, writeCookie } from "../../access/cookie.ts";
import { isSecure, markPassword } from "../../access/cookie_credential.ts";
import type { Authentication } from "../../access/authentication.ts";
import { hashToken } from "../../access/opaque_token.ts";
import { findProvider } from "../../access/oidc.ts";
import { groupAddress } from "../../access/peer.ts";
import { readReturnPath } from "../../access/return_path.ts";
import { decideRole } from "../../access/policy.ts";
import type { SignIn } from "../../access/sign_ins.ts";
import type { Config, User } from "../../config/config.ts";
import { isOpenToAll, takesLoginLink } from "../../config/exposure.ts";
import { asPortholeError, FAILURES, PortholeError } from "../../errors.ts";
import type { Audit } from "../../telemetry/audit.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Env } from "../env.ts";
import { readForm } from "../form.ts";
import { createOidcRoutes, linkToProvider } from "./oidc_routes.ts";
import { readPageProps, wantsPage } from "../page_props.ts";
import { SharePage } from "./share_page.tsx";
import { SignedOutPage } from "./signed_out_page.tsx";
import { CodePage, SignInPage, type SignInPageProps, type SignInWay } from "./page.tsx";

/** What the front authentication needs. */
export interface SignInParts {
  authentication: Authentication;
  audit: Audit;
  log: Log;
  /** Told of every refusal that is answered with a page here instead of an error. */
  onRefused: (code: PortholeError["code"]) => void;
  /** Ends sessions whose sign-in has ended, without waiting for the next look. */
  endUnpermitted: () => void;
}

/** Makes the routes. */
export function createSignInRoutes(parts: SignInParts): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/sign-in", (c) => {
    if (isOpenToAll(c.var.config.gateway, c.var.config.auth)) return c.redirect(c.var.base, 303);
    return showSignIn(c, { next: readReturnPath(c.req.query("next")) });
  });
  routes.post("/sign-in", (c) => signIn(c, parts));
  routes.post("/sign-in/code", (c) => giveCode(c, parts));
  routes.post("/sign-out", (c) => signOut(c, parts));
  routes.get("/share", (c) => c.html(<SharePage {...readPageProps(c)} />));
  routes.post("/share", (c) => openShare(c, parts));
  routes.route(
    "/",
    createOidcRoutes({
      oidc: parts.authentication.oidc,
      log: parts.log,
      takeTry: (address) => parts.authentication.signInLimit().take(address),
      beginSignIn: (c, who) => beginSignIn(c, parts, who),
      showRefusal: (c, error) =>
        refuse(c, parts, error, undefined, (message, status) => showSignIn(c, { next: "/", message }, status)),
    }),
  );
  return routes;
}

/** The sign-in page, with the ways in that the configuration has; also what stands in place of a page that needs it. */
export function showSignIn(
  c: Context<Env>,
  { next, message, name }: Pick<SignInPageProps, "next" | "message" | "name">,
  status: 200 | 401 | 429 = 200,
): Response | Promise<Response> {
  const { gateway, auth } = c.var.config;
  const hasPasswords = auth.mode !== "none" && auth.users.size > 0;
  const hasLoginLink = takesLoginLink(gateway, auth);
  const ways = listWays(c.var.config, c.var.base, next);
  const shown = { next, message, name, hasPasswords, hasLoginLink, ways };
  return c.html(<SignInPage {...readPageProps(c)} {...shown} />, status);
}

/** Ways in besides the page's own forms; a link and not a form, because form-action lets no form lead elsewhere. */
function listWays(config: Config, base: string, next: string): SignInWay[] {
  const provider = findProvider(config);
  return provider ? [{ href: linkToProvider(base, next), label: `Sign in with ${provider.title}` }] : [];
}

async function signIn(c: Context<Env>, parts: SignInParts): Promise<Response> {
  const field = await readForm(c);
  const next = readReturnPath(field("next"));
  const [name, token] = [field("name"), field("token")];
  try {
    if (token !== "") return await signInByToken(c, parts, token, next);
    const attempt = { name, password: field("password"), address: addressOf(c) };
    const step = await parts.authentication.passwords.tryPassword(attempt);
    if ("user" in step) return finish(c, parts, describeUser(step.user), next);
    return await c.html(<CodePage {...readPageProps(c)} next={next} ticket={step.ticket} />);
  } catch (thrown) {
    return await refuse(c, parts, thrown, name, (message, status) => showSignIn(c, { next, message, name }, status));
  }
}

async function signInByToken(c: Context<Env>, parts: SignInParts, token: string, next: string): Promise<Response> {
  const { gateway, auth } = c.var.config;
  await parts.authentication.signInLimit().take(addressOf(c));
  if (takesLoginLink(gateway, auth) && parts.authentication.isLoginToken(token)) {
    return finish(c, parts, { name: "owner", by: "login_link" }, next);
  }
  throw new PortholeError(
    "sign_in_required",
    "This login link does not count any more: deno task start link prints a new one",
  );
}

async function giveCode(c: Context<Env>, parts: SignInParts): Promise<Response> {
  const field = await readForm(c);
  const next = readReturnPath(field("next"));
  const ticket = field("ticket");
  try {
    const user = await parts.authentication.passwords.tryCode({ ticket, code: field("code"), address: addressOf(c) });
    return finish(c, parts, describeUser(user), next);
  } catch (thrown) {
    const show = (message: string, status: 401 | 429) =>
      c.html(<CodePage {...readPageProps(c)} next={next} ticket={ticket} message={message} />, status);
    return await refuse(c, parts, thrown, undefined, show);
  }
}

async function openShare(c: Context<Env>, parts: SignInParts): Promise<Response> {
  const { authentication, audit } = parts;
  const secret = (await readForm(c))("secret");
  try {
    await authentication.signInLimit().take(addressOf(c));
    const held = authentication.links.find(secret);
    if (held && await mayOpenAlready(c, parts, held.source, held.role)) return goTo(c, `/site/vnc/${held.source}`);
    const link = authentication.links.open(secret);
    if (!link) throw new PortholeError("sign_in_required", "This link has expired, was used up or was revoked");
    audit.note({
      event: "link_opened",
      who: link.createdBy,
      from: addressOf(c),
      what: `${link.source} ${link.id}`,
      outcome: "ok",
    });
    return finish(c, parts, { name: `link:${link.id}`, by: "share_link", of: link.id }, `/site/vnc/${link.source}`);
  } catch (thrown) {
    const show = (message: string, status: 401 | 429) =>
      c.html(<SharePage {...readPageProps(c)} message={message} />, status);
    return await refuse(c, parts, thrown, undefined, show);
  }
}

/** Whoever may open the source without the link keeps the sign-in that they have. */
async function mayOpenAlready(
  c: Context<Env>,
  { authentication }: SignInParts,
  name: string,
  role: string,
): Promise<boolean> {
  const source = c.var.config.sources.get(name);
  const identity = await authentication.access.identify(c.req.raw, c.var.peer).catch(() => null);
  const own = identity && source ? decideRole(identity, source) : null;
  return own === "control" || (own !== null && own === role);
}

/** Begins a sign-in and goes on. */
function finish(
  c: Context<Env>,
  parts: SignInParts,
  who: Pick<SignIn, "name" | "by" | "of">,
  next: string,
): Response {
  beginSignIn(c, parts, who);
  return goTo(c, next);
}

/** Begins a sign-in with a cookie of its own, and gives its id; the one that the browser had before ends. */
function beginSignIn(
  c: Context<Env>,
  { authentication, audit }: SignInParts,
  who: Pick<SignIn, "name" | "by" | "of" | "groups">,
): string {
  endOwn(c, authentication);
  const address = addressOf(c);
  const value = authentication.signIns.begin({ ...who, address, userAgent: c.req.header("user-agent") ?? "" });
  const { auth } = c.var.config;
  const maxAgeMs = auth.mode === "none" ? 0 : auth.session.absoluteMs;
  c.header("Set-Cookie", writeCookie(value, { secure: isSecure(c.var.peer), maxAgeMs }), { append: true });
  audit.note({ event: "sign_in", who: who.name, from: address, by: who.by, outcome: "ok" });
  return hashToken(value);
}

async function signOut(c: Context<Env>, { authentication, audit, endUnpermitted }: SignInParts): Promise<Response> {
  if (c.req.header("origin") === undefined && c.req.header("cookie") !== undefined) {
    throw new PortholeError("origin_refused", "Signing out needs an Origin");
  }
  const ended = endOwn(c, authentication);
  if (ended) audit.note({ event: "sign_out", who: ended.name, from: addressOf(c), outcome: "ok" });
  endUnpermitted();
  c.header("Set-Cookie", writeCookie("", { secure: isSecure(c.var.peer), maxAgeMs: 0 }));
  const further = ended?.by === "oidc" ? await findFurtherSignOut(c, authentication, ended) : undefined;
  if (!further) return goTo(c, "/sign-in");
  // A page and no redirect: form-action lets the form that led here go nowhere else.
  c.header("Refresh", `0; url=${further.href}`);
  const title = findProvider(c.var.config)?.title ?? "";
  return await c.html(<SignedOutPage {...readPageProps(c)} href={further.href} provider={title} />);
}

function findFurtherSignOut(c: Context<Env>, { oidc }: Authentication, { id }: SignIn): Promise<URL | undefined> {
  const returnUri = new URL(`${c.var.base}sign-in`, c.var.peer.origin).href;
  return oidc.findSignOut({ returnUri, signIn: id });
}

function endOwn(c: Context<Env>, { signIns }: Authentication): SignIn | undefined {
  const value = readCookie(c.req.raw, { secure: isSecure(c.var.peer) });
  const own = value === undefined ? undefined : signIns.find(value);
  if (own) signIns.endWhere(({ id }) => id === hashToken(value ?? ""));
  return own;
}

/** Answers a refused try with its page, or, for programs, as a problem. */
async function refuse(
  c: Context<Env>,
  { audit, onRefused }: SignInParts,
  thrown: unknown,
  name: string | undefined,
  show: (message: string, status: 401 | 429) => Response | Promise<Response>,
): Promise<Response> {
  const error = asPortholeError(thrown);
  const status = FAILURES[error.code].status;
  const who = name?.slice(0, 64) || undefined;
  audit.note({ event: "refused", who, from: addressOf(c), what: c.req.path, outcome: error.code });
  if (!wantsPage(c) || (status !== 401 && status !== 429)) throw error;
  onRefused(error.code);
  if (error.retryAfterMs !== undefined) c.header("Retry-After", String(Math.ceil(error.retryAfterMs / 1000)));
  return await show(error.message, status);
}

/** To a path below the base path. */
function goTo(c: Context<Env>, path: string): Response {
  return c.redirect(c.var.base + path.slice(1), 303);
}

function describeUser({ name, passwordHash }: User): Pick<SignIn, "name" | "by" | "of"> {
  return { name, by: "password" satisfies Identity["by"], of: markPassword(passwordHash) };
}

function addressOf(c: Context<Env>): string {
  return groupAddress(c.var.peer.address);
}
