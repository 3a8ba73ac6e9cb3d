import type { Context } from "hono";
import { writeCookie } from "../../access/cookie.ts";
import { isSecure } from "../../access/cookie_credential.ts";
import { findProvider } from "../../access/oidc.ts";
import type { SignIn } from "../../access/sign_ins.ts";
import { PortholeError } from "../../errors.ts";
import { makeReturnAddress } from "../base.ts";
import type { Env } from "../env.ts";
import { noteEvent } from "../note_event.ts";
import { readPageProps } from "../page_props.ts";
import { endOwnSignIn, goTo } from "./begin_sign_in.ts";
import { SignedOutPage } from "./signed_out_page.tsx";

/** Signs the browser out here and, if it signed in with a provider, leads on to the provider's own sign-out. */
export async function signOut(c: Context<Env>): Promise<Response> {
  if (c.req.header("origin") === undefined && c.req.header("cookie") !== undefined) {
    throw new PortholeError("origin_refused", "Signing out requires an Origin header");
  }
  const ended = await endOwnSignIn(c);
  if (ended) noteEvent(c, { event: "sign_out", who: ended.name });
  await c.var.sessions.registry.endUnpermitted();
  c.header("Set-Cookie", writeCookie("", { secure: isSecure(c.var.peer), maxAgeMs: 0 }));
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
