import type { Context } from "hono";
import { findProvider } from "../../access/oidc.ts";
import { takesLoginLink } from "../../config/exposure.ts";
import type { Env } from "../env.ts";
import { readPageProps } from "../page_props.ts";
import { findLinkCommand } from "./link_command.ts";
import { SignInPage, type SignInPageProps } from "./page.tsx";

/** Shows the sign-in page with the configured methods; it also takes the place of a page that requires a sign-in. */
export function showSignIn(
  c: Context<Env>,
  { next, message, name }: Pick<SignInPageProps, "next" | "message" | "name">,
  status: 200 | 401 | 429 = 200,
): Response | Promise<Response> {
  const { gateway, auth } = c.var.config;
  const provider = findProvider(c.var.config);
  const methods = {
    hasPasswords: auth.mode !== "none" && auth.users.size > 0,
    linkCommand: findLinkCommand(c),
    hasLoginLink: takesLoginLink(gateway, auth),
    // A link and not a form: form-action keeps forms from leading to another site.
    links: provider
      ? [{
        href: `${c.var.base}sign-in/oidc?next=${encodeURIComponent(next)}`,
        label: `Sign in with ${provider.title}`,
      }]
      : [],
  };
  return c.html(<SignInPage {...readPageProps(c)} {...methods} next={next} message={message} name={name} />, status);
}
