import type { Context } from "hono";
import { writeCookie } from "../../access/cookie.ts";
import { isSecure } from "../../access/cookie_credential.ts";
import { findProvider } from "../../access/oidc.ts";
import type { SignIn } from "../../access/sign_ins.ts";
import { PortholeError } from "../../errors.ts";
import { makeReturnAddress } from "../base.ts";
import { carryOut } from "../carry_out.ts";
import type { Env } from "../env.ts";
import { readPageProps } from "../page_props.ts";
import { findOwnSignIn, goTo } from "./begin_sign_in.ts";
import { SignedOutPage } from "./signed_out_page.tsx";

/**
 * Signs the browser out here and, if it signed in with a provider, leads on to the provider's own sign-out.
 *
 * @throws PortholeError not_stored, although the browser is signed out
 */
export async function signOut(c: Context<Env>): Promise<Response> {
  if (c.req.header("origin") === undefined && c.req.header("cookie") !== undefined) {
    throw new PortholeError("origin_refused", "Signing out requires an Origin header");
  }
  const ended = await findOwnSignIn(c);
  c.header("Set-Cookie", writeCookie("", { secure: isSecure(c.var.peer), maxAgeMs: 0 }));
  if (ended) {
    await carryOut(c, c.var.authentication.signIns.end(ended.id), "You are signed out", {
      event: "sign_out",
      who: ended.name,
    });
  }
  const further = ended?.by === "oidc" ? await findProviderSignOut(c, ended) : undefined;
  if (!further) return goTo(c, "/sign-in");
  // A page and not a redirect: form-action keeps the form that led here from leading to another site.
  c.header("Refresh", `0; url=${further.href}`);
  const title = findProvider(c.var.config)?.title ?? "";
  return await c.html(<SignedOutPage {...readPageProps(c)} href={further.href} provider={title} />);
}

function findProviderSignOut(c: Context<Env>, { id }: SignIn): Promise<URL | undefined> {
  const returnUri = makeReturnAddress(c, "sign-in");
  return c.var.authentication.oidc.findSignOut({ returnUri, signIn: id });
}
