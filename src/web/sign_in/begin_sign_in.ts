/** The cookie of a signed-in browser: set when any sign-in method succeeds, cleared when the browser signs out. */
import type { Context } from "hono";
import { readCookie, readDeviceCookie, writeCookie, writeDeviceCookies } from "../../access/cookie.ts";
import { isSecure } from "../../access/cookie_credential.ts";
import { KNOWN_MS } from "../../access/known_devices.ts";
import { markHash } from "../../access/marks.ts";
import { hashToken } from "../../access/opaque_token.ts";
import type { SignIn } from "../../access/sign_ins.ts";
import type { User } from "../../config/config.ts";
import { type Env, readAddress } from "../env.ts";
import { noteEvent } from "../note_event.ts";

/** Who signed in, how, and what the sign-in depends on. */
export type SignedIn = Pick<SignIn, "name" | "by" | "of" | "groups">;

/**
 * Begins a sign-in with a new cookie and returns its id; the browser's previous sign-in ends. `pay` is what it costs.
 *
 * @throws PortholeError limit_reached
 */
export async function beginSignIn(c: Context<Env>, who: SignedIn, pay?: () => Promise<void>): Promise<string> {
  const replaces = (await findOwnSignIn(c))?.id;
  const details = { ...who, address: readAddress(c), userAgent: c.req.header("user-agent") ?? "" };
  const value = await c.var.authentication.signIns.begin(details, { replaces, ...(pay && { pay }) });
  const { auth } = c.var.config;
  const maxAgeMs = auth.mode === "none" ? 0 : auth.session.absoluteMs;
  c.header("Set-Cookie", writeCookie(value, { secure: isSecure(c.var.peer), maxAgeMs }), { append: true });
  noteEvent(c, { event: "sign_in", who: who.name, by: who.by });
  return hashToken(value);
}

/** Begins the sign-in of a user with a password, whose browser is known from now on, and redirects to `next`. */
export async function finishPasswordSignIn(c: Context<Env>, user: User, next: string): Promise<Response> {
  const { name } = user;
  const of = markHash(user.passwordHash);
  const signIn = await beginSignIn(c, { name, by: "password", of });
  const value = await c.var.authentication.devices.remember({ name, of, signIn }, readDevice(c, name));
  const options = { secure: isSecure(c.var.peer), maxAgeMs: KNOWN_MS };
  for (const cookie of writeDeviceCookies(value, name, c.req.raw, options)) {
    c.header("Set-Cookie", cookie, { append: true });
  }
  return goTo(c, next);
}

/** The value by which the browser that sent this request is known to a user. */
export function readDevice(c: Context<Env>, name: string): string | undefined {
  return readDeviceCookie(c.req.raw, name, { secure: isSecure(c.var.peer) });
}

/** Begins a sign-in and redirects to `next`, a path below the base path. */
export async function finishSignIn(
  c: Context<Env>,
  who: SignedIn,
  next: string,
  pay?: () => Promise<void>,
): Promise<Response> {
  await beginSignIn(c, who, pay);
  return goTo(c, next);
}

/** The browser's own sign-in; undefined if there is none. */
export async function findOwnSignIn(c: Context<Env>): Promise<SignIn | undefined> {
  const value = readCookie(c.req.raw, { secure: isSecure(c.var.peer) });
  return value === undefined ? undefined : await c.var.authentication.signIns.find(value);
}

/** Redirects to a path below the base path. */
export function goTo(c: Context<Env>, path: string): Response {
  return c.redirect(c.var.base + path.slice(1), 303);
}
