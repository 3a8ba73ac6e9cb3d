/** What 0.1.0 kept in the data folder, taken over once. */
import { join } from "node:path";
import type { Stores } from "../store/store.ts";
import { openLoginLink } from "./login_link.ts";
import { openAccessStores } from "./stores.ts";
import type { TwoFactorSecret } from "./two_factor.ts";

/**
 * Moves the former files of a data folder into the stores and removes them: the secrets of two-factor authentication,
 * which must not be turned off by an upgrade, and the login link. Everybody signs in again, and share links are made
 * again: their records had other fields.
 */
export async function adoptFormerFiles(folder: string, stores: Stores): Promise<void> {
  const { twoFactor } = openAccessStores(stores);
  await adopt<Record<string, TwoFactorSecret>>(join(folder, "second-steps.json"), async (secrets) => {
    await Promise.all(Object.entries(secrets).map(([name, secret]) => twoFactor.put(name, secret)));
  });
  await adopt<{ hash: string }>(join(folder, "access.json"), ({ hash }) => openLoginLink(stores).adopt(hash));
  for (const name of ["sign-ins.json", "links.json"]) await adopt(join(folder, name), () => Promise.resolve());
}

async function adopt<Content>(path: string, take: (content: Content) => Promise<void>): Promise<void> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return;
    throw thrown;
  }
  await take(JSON.parse(text));
  await Deno.remove(path);
}
