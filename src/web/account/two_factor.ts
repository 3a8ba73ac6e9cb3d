/** Two-factor authentication: what the account page does with it. */
import type { Context } from "hono";
import type { User } from "../../config/config.ts";
import { PortholeError } from "../../errors.ts";
import { carryOut } from "../carry_out.ts";
import type { Env } from "../env.ts";

/** What the page says about two-factor authentication. */
export type TwoFactorState =
  /** The user did not sign in with a password. */
  | { readonly kind: "none" }
  /** sources.yaml has the secret: it cannot be changed here. */
  | { readonly kind: "fixed" }
  | { readonly kind: "on" }
  | { readonly kind: "off" }
  | { readonly kind: "offered"; readonly secret: string; readonly uri: string };

/** The state for the user who sent the request; with `offer`, a setup begins if it is off. */
export async function findTwoFactor(c: Context<Env>, { offer }: { offer: boolean }): Promise<TwoFactorState> {
  const { twoFactor } = c.var.authentication;
  const user = findUser(c);
  if (!user) return { kind: "none" };
  if (user.totp) return { kind: "fixed" };
  if (await twoFactor.has(user)) return { kind: "on" };
  if (!offer) return { kind: "off" };
  const { secret, uri } = await twoFactor.offer(user.name);
  return { kind: "offered", secret, uri };
}

/** Turns two-factor authentication on if the code is right. @throws PortholeError not_allowed, not_stored */
export async function confirmTwoFactor(c: Context<Env>, code: string): Promise<boolean> {
  const { twoFactor } = c.var.authentication;
  const user = requireUser(c);
  if (user.totp || await twoFactor.has(user)) {
    throw new PortholeError("not_allowed", "Two-factor authentication is already on");
  }
  return await carryOut(c, twoFactor.confirm(user.name, code), { event: "two_factor_enabled" });
}

/** Turns two-factor authentication off if the code is right. @throws PortholeError not_allowed, not_stored */
export async function removeTwoFactor(c: Context<Env>, code: string): Promise<boolean> {
  const { twoFactor } = c.var.authentication;
  const user = requireUser(c);
  if (user.totp || !await twoFactor.check(user, code)) return false;
  return await carryOut(c, twoFactor.remove(user.name), { event: "two_factor_disabled" });
}

/** The user who sent the request. @throws PortholeError not_allowed for a user who did not sign in with a password */
export function requireUser(c: Context<Env>): User {
  const user = findUser(c);
  if (!user) throw new PortholeError("not_allowed", "Two-factor authentication requires password sign-in");
  return user;
}

function findUser(c: Context<Env>): User | undefined {
  const { identity, config } = c.var;
  return identity.by === "password" && config.auth.mode !== "none" ? config.auth.users.get(identity.name) : undefined;
}
