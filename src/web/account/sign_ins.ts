/** Signed-in browsers: what the JSON interface and the account page do with them. */
import type { Context } from "hono";
import { z } from "zod";
import type { Identity } from "../../access/access.ts";
import type { SignIn } from "../../access/sign_ins.ts";
import { PortholeError } from "../../errors.ts";
import { carryOut } from "../carry_out.ts";
import type { Env } from "../env.ts";
import { instant } from "../json_fields.ts";

/** A signed-in browser as lists show it. */
export const signInSchema = z.object({
  id: z.string(),
  name: z.string().describe("The user's name"),
  by: z.string().describe('The sign-in method: "password", "login link", "share link", or "oidc"'),
  created: instant("When the browser signed in"),
  last_used: instant("When the browser last sent a request, to the minute"),
  address: z.string().describe("The address that the browser signed in from"),
  user_agent: z.string().describe("The browser's User-Agent header"),
  current: z.boolean().describe("Whether this request came from that browser"),
}).meta({ id: "SignIn", description: "A signed-in browser" });

/** A sign-in as lists show it. */
export type SignInView = z.output<typeof signInSchema>;

/** The sign-ins that the sender of the request can see and end: their own; for admins, all. */
export async function listSignIns(c: Context<Env>): Promise<SignIn[]> {
  const { identity, authentication } = c.var;
  return await authentication.signIns.list((signIn) => identity.admin || isOfSame(signIn, identity));
}

/** Whether a sign-in belongs to the same user. Guests have no account, so each guest owns one sign-in only. */
function isOfSame({ id, name, by }: SignIn, identity: Identity): boolean {
  return identity.by === "share_link" ? id === identity.signIn : by === identity.by && name === identity.name;
}

/** Ends a sign-in and its sessions. @throws PortholeError not_found; not_stored, although it has ended */
export async function endSignIn(c: Context<Env>, shortId: string): Promise<void> {
  const found = (await listSignIns(c)).find(({ id }) => shortenId(id) === shortId);
  if (!found) throw new PortholeError("not_found", "This sign-in does not exist");
  const { signIns, devices } = c.var.authentication;
  const change = signIns.end(found.id).finally(() => devices.forget(found.id));
  await carryOut(c, change, "The browser is signed out", { event: "sign_in_ended", what: found.name });
}

/** Describes a sign-in. */
export function viewSignIn(signIn: SignIn, identity: Identity): SignInView {
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

/** The start of the cookie's hash, long enough to identify a sign-in. */
function shortenId(id: string): string {
  return id.slice(0, 16);
}
