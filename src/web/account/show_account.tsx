import type { Context } from "hono";
import { mayShare } from "../../access/access.ts";
import type { Env } from "../env.ts";
import { listSources } from "../find_source.ts";
import { readPageProps } from "../page_props.ts";
import { MOST_OPTIONS } from "./link_section.tsx";
import { listLinks, viewLink } from "./links.ts";
import { AccountPage, type AccountPageProps } from "./page.tsx";
import { listSignIns, viewSignIn } from "./sign_ins.ts";
import { findCodeWarning, findTwoFactor } from "./two_factor.ts";

/** The outcome of an action, as the page shows it. */
export interface Outcome {
  readonly message?: string;
  /** The link that was just created. */
  readonly made?: string;
  /** Whether a setup of two-factor authentication begins. */
  readonly offer?: boolean;
  readonly status?: 200 | 400 | 401 | 403 | 404 | 429 | 503;
}

/** Shows the account page, with the outcome of an action. */
export async function showAccount(c: Context<Env>, outcome: Outcome = {}): Promise<Response> {
  const { identity } = c.var;
  const { message, made, offer = false, status = 200 } = outcome;
  const page: Omit<AccountPageProps, "basePath" | "nonce"> = {
    signIns: (await listSignIns(c)).map((signIn) => viewSignIn(signIn, identity)),
    codeWarning: await findCodeWarning(c),
    twoFactor: await findTwoFactor(c, { offer }),
    sharing: await findSharing(c, made),
    admin: identity.admin,
    signedIn: identity.signIn !== undefined,
    message,
  };
  return c.html(<AccountPage {...readPageProps(c)} {...page} />, status);
}

async function findSharing(c: Context<Env>, made?: string): Promise<AccountPageProps["sharing"]> {
  const { permitted } = mayShare(c.var.identity)
    ? await listSources(c, { limit: MOST_OPTIONS + 1 })
    : { permitted: [] };
  const sources = permitted.map(({ source }) => source);
  return sources.length === 0 ? undefined : { links: (await listLinks(c)).map(viewLink), sources, made };
}
