/** Migration of the files that 0.1.0 kept in the data folder. */
import { join } from "node:path";
import type { Stores } from "../store/store.ts";
import { openLoginLink } from "./login_link.ts";
import { openAccessStores } from "./stores.ts";
import type { TwoFactorSecret } from "./two_factor.ts";

/**
 * Moves the secrets of two-factor authentication, which an upgrade must not turn off, and the login link from the old
 * files into the stores. Removes sign-ins and share links, whose records had other fields: users have to sign in again
 * and make new links.
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
