/** Migration of the files that 0.1.0 kept in the data folder. */
import { join } from "node:path";
import { createFileReader, FileFault, type FileReader } from "../files/file_reader.ts";
import type { Stores } from "../store/store.ts";
import { openLoginLink } from "./login_link.ts";
import { openAccessStores } from "./stores.ts";
import type { TwoFactorSecret } from "./two_factor.ts";

const FILE_MAX_BYTES = 16 * 1024 ** 2;

/**
 * Moves the secrets of two-factor authentication, which an upgrade must not turn off, and the login link from the old
 * files into the stores. Removes sign-ins and share links, whose records had other fields: users have to sign in again
 * and make new links.
 */
export async function adoptFormerFiles(
  folder: string,
  stores: Stores,
  reader: FileReader = createFileReader(),
): Promise<void> {
  const { twoFactor } = openAccessStores(stores);
  await adopt<Record<string, TwoFactorSecret>>(reader, join(folder, "second-steps.json"), async (secrets) => {
    await Promise.all(Object.entries(secrets).map(([name, secret]) => twoFactor.put(name, secret)));
  });
  await adopt<{ hash: string }>(reader, join(folder, "access.json"), ({ hash }) => openLoginLink(stores).adopt(hash));
  for (const name of ["sign-ins.json", "links.json"]) await adopt(reader, join(folder, name), () => Promise.resolve());
}

async function adopt<Content>(
  reader: FileReader,
  path: string,
  take: (content: Content) => Promise<void>,
): Promise<void> {
  let text: string;
  try {
    text = new TextDecoder().decode(await reader.read(path, FILE_MAX_BYTES));
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return;
    if (thrown instanceof FileFault) throw new FileFault(`Cannot read ${path}: ${thrown.message}`);
    throw thrown;
  }
  await take(JSON.parse(text));
  await Deno.remove(path);
}
