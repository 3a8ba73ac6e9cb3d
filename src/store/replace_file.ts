/** The one way in which the gateway writes a file that it has to find whole after a crash. */
import { dirname } from "node:path";

/** What writing a file takes of the system; tests let it fail. */
export type FileEffects = Pick<typeof Deno, "mkdir" | "open" | "rename" | "remove">;

/** A folder cannot be opened, and so not be synced, on Windows. */
const SYNCS_FOLDERS = Deno.build.os !== "windows";

/**
 * Replaces a file at once: readers see the old text or the new one, also after a crash or a power cut. It is written
 * beside its place, synced, moved there, and the folder is synced. The file is 0600; a folder that is made for it, 0700.
 *
 * @returns what the file system says of the new file.
 * @throws when it cannot be written; the old file is then in its place, unless only the last sync of the folder failed.
 */
export async function replaceFile(path: string, text: string, effects: FileEffects = Deno): Promise<Deno.FileInfo> {
  const folder = dirname(path);
  await effects.mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${crypto.randomUUID()}.new`;
  try {
    const info = await writeDraft(draft, new TextEncoder().encode(text), effects);
    await effects.rename(draft, path);
    await syncFolder(folder, effects);
    return info;
  } catch (thrown) {
    await effects.remove(draft).catch(() => {});
    throw thrown;
  }
}

async function writeDraft(path: string, bytes: Uint8Array, { open }: FileEffects): Promise<Deno.FileInfo> {
  using file = await open(path, { write: true, createNew: true, mode: 0o600 });
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  await file.sync();
  return await file.stat();
}

async function syncFolder(path: string, { open }: FileEffects): Promise<void> {
  if (!SYNCS_FOLDERS) return;
  using folder = await open(path, { read: true });
  await folder.sync();
}
