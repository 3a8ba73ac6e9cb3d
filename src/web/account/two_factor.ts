/** Two-factor authentication: what the account page does with it. */
import type { Context } from "hono";
import type { CodeWarning } from "../../access/second_step.ts";
import type { User } from "../../config/config.ts";
import { PortholeError } from "../../errors.ts";
import { carryOut } from "../carry_out.ts";
import { type Env, readAddress } from "../env.ts";
import { readDevice } from "../sign_in/begin_sign_in.ts";

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
  const change = judgeCode(c, user, () => twoFactor.confirm(user.name, code));
  return await carryOut(c, change, "Two-factor authentication is on", { event: "two_factor_enabled" });
}

/** Turns two-factor authentication off if the code is right. @throws PortholeError not_allowed, not_stored */
export async function removeTwoFactor(c: Context<Env>, code: string): Promise<boolean> {
  const { twoFactor } = c.var.authentication;
  const user = requireUser(c);
  if (user.totp || !await judgeCode(c, user, () => twoFactor.check(user, code))) return false;
  return await carryOut(c, twoFactor.remove(user.name), "Two-factor authentication is off", {
    event: "two_factor_disabled",
  });
}

/** What the user should know of wrong codes. */
export async function findCodeWarning(c: Context<Env>): Promise<CodeWarning | undefined> {
  const user = findUser(c);
  return user && await c.var.authentication.secondStep.findWarning(user.name);
}

/** Forgets that: the user has seen it. */
export async function dismissCodeWarning(c: Context<Env>): Promise<void> {
  await c.var.authentication.secondStep.dismissWarning(requireUser(c).name);
}

/** Counts a code as the second step of a sign-in does. @throws PortholeError limit_reached */
async function judgeCode(c: Context<Env>, { name }: User, isRight: () => Promise<boolean>): Promise<boolean> {
  const { secondStep, devices } = c.var.authentication;
  const device = await devices.find(readDevice(c, name), name);
  return await secondStep.judge(name, { address: readAddress(c), device }, isRight);
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
