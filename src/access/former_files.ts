/** Migration of the files that 0.1.0 kept in the data folder. */
import { join } from "node:path";
import { asPortholeError } from "../errors.ts";
import { createFileReader, type FileReader } from "../files/file_reader.ts";
import { setAside } from "../store/set_aside.ts";
import { DataFolderError, type Stores } from "../store/store.ts";
import { openLoginLink } from "./login_link.ts";
import { openAccessStores } from "./stores.ts";
import type { TwoFactorSecret } from "./two_factor.ts";

const FILE_MAX_BYTES = 16 * 1024 ** 2;

/**
 * Moves the secrets of two-factor authentication, which an upgrade must not turn off, and the login link from the old
 * files into the stores. Removes sign-ins and share links, whose records had other fields: users have to sign in again
 * and make new links. A file whose content cannot be stored stays for the next start.
 *
 * @throws {DataFolderError} when the file of two-factor authentication is broken.
 */
export async function adoptFormerFiles(
  folder: string,
  stores: Stores,
  reader: FileReader = createFileReader(),
): Promise<void> {
  const { twoFactor } = openAccessStores(stores);
  await adopt<Record<string, TwoFactorSecret>>(reader, join(folder, "second-steps.json"), true, async (secrets) => {
    await Promise.all(Object.entries(secrets).map(([name, secret]) => twoFactor.put(name, secret)));
  });
  // Without its hash, Porthole makes a new login link.
  await adopt<{ hash: string }>(
    reader,
    join(folder, "access.json"),
    false,
    ({ hash }) => openLoginLink(stores).adopt(hash),
  );
  for (const name of ["sign-ins.json", "links.json"]) await remove(join(folder, name));
}

async function adopt<Content>(
  reader: FileReader,
  path: string,
  isPrecious: boolean,
  take: (content: Content) => Promise<void>,
): Promise<void> {
  try {
    const text = new TextDecoder().decode(await reader.read(path, FILE_MAX_BYTES));
    await take(JSON.parse(text));
    await Deno.remove(path);
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound || asPortholeError(thrown).code === "not_stored") return;
    if (!isPrecious) return void setAside(path);
    const cause = thrown instanceof Error ? thrown.message : thrown;
    throw new DataFolderError(`A file of an older version cannot be read: ${cause}. Repair it or remove it: ${path}`);
  }
}

async function remove(path: string): Promise<void> {
  await Deno.remove(path).catch(() => {});
}
