/**
 * Signing in with the forms of the sign-in page: a password, a code after it, or the login link's token. Share links,
 * providers and signing out have files of their own. All of these routes are open to everybody.
 */
import { type Context, Hono } from "hono";
import { OWNER } from "../../access/login_link.ts";
import { markHash } from "../../access/marks.ts";
import { hashToken } from "../../access/opaque_token.ts";
import { readReturnPath } from "../../access/return_path.ts";
import { isOpenToAll } from "../../config/exposure.ts";
import { PortholeError } from "../../errors.ts";
import { type Env, readAddress } from "../env.ts";
import { readForm } from "../form.ts";
import { readPageProps } from "../page_props.ts";
import { finishPasswordSignIn, finishSignIn, readDevice } from "./begin_sign_in.ts";
import { CodePage } from "./code_page.tsx";
import { findLinkCommand } from "./link_command.ts";
import { createOidcRoutes } from "./oidc_routes.ts";
import { refuseSignIn } from "./refuse_sign_in.ts";
import { createShareRoutes } from "./share_routes.tsx";
import { showSignIn } from "./show_sign_in.tsx";
import { signOut } from "./sign_out_route.tsx";

/** Makes /sign-in and what is below it, /sign-out and /share. */
export function createSignInRoutes(): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/sign-in", (c) => {
    if (isOpenToAll(c.var.config.gateway, c.var.config.auth)) return c.redirect(c.var.base, 303);
    return showSignIn(c, { next: readReturnPath(c.req.query("next")) });
  });
  routes.post("/sign-in", signIn);
  routes.post("/sign-in/code", signInWithCode);
  routes.post("/sign-out", signOut);
  routes.route("/", createShareRoutes());
  routes.route("/", createOidcRoutes());
  return routes;
}

async function signIn(c: Context<Env>): Promise<Response> {
  const field = await readForm(c);
  const next = readReturnPath(field("next"));
  const [name, token] = [field("name"), field("token")];
  try {
    if (token !== "") return await signInWithToken(c, token, next);
    const attempt = { name, password: field("password"), ...readSender(c) };
    const step = await c.var.authentication.passwords.tryPassword(attempt);
    if ("user" in step) return await finishPasswordSignIn(c, step.user, next);
    return await c.html(<CodePage {...readPageProps(c)} next={next} ticket={step.ticket} />);
  } catch (thrown) {
    return await refuseSignIn(c, thrown, {
      name,
      show: (message, status) => showSignIn(c, { next, message, name }, status),
    });
  }
}

async function signInWithToken(c: Context<Env>, token: string, next: string): Promise<Response> {
  const { authentication } = c.var;
  await authentication.signInLimit.take(readAddress(c));
  if (await authentication.isLoginToken(token)) {
    const owner = { name: OWNER.name, by: "login_link", of: markHash(hashToken(token)) } as const;
    return await finishSignIn(c, owner, next);
  }
  throw new PortholeError(
    "sign_in_required",
    `This login link is invalid: run ${findLinkCommand(c) ?? "the command link"} to get a new one`,
  );
}

async function signInWithCode(c: Context<Env>): Promise<Response> {
  const field = await readForm(c);
  const next = readReturnPath(field("next"));
  const ticket = field("ticket");
  const { passwords } = c.var.authentication;
  try {
    const user = await passwords.tryCode({ ticket, code: field("code"), ...readSender(c) });
    return await finishPasswordSignIn(c, user, next);
  } catch (thrown) {
    return await refuseSignIn(c, thrown, {
      name: await passwords.findName(ticket) ?? "",
      show: (message, status) =>
        c.html(<CodePage {...readPageProps(c)} next={next} ticket={ticket} message={message} />, status),
    });
  }
}

/** Where an attempt comes from. */
function readSender(c: Context<Env>) {
  return { address: readAddress(c), readDevice: (name: string) => readDevice(c, name) };
}
