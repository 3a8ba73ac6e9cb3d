/** Writing files so that a crash leaves either the old or the new content. */
import { dirname } from "node:path";

/** The system calls that writing a file needs; tests make them fail. */
export type FileEffects = Pick<typeof Deno, "mkdir" | "open" | "rename" | "remove">;

/** On Windows, a folder cannot be opened, so it cannot be synced. */
const SYNCS_FOLDERS = Deno.build.os !== "windows";

/**
 * Replaces a file atomically: readers see the old text or the new one, even after a crash or a power cut. Writes a new
 * file beside it, syncs it, renames it, and syncs the folder. The file is 0600; a folder that is created for it is 0700.
 *
 * @returns the metadata of the new file.
 * @throws when it cannot be written; the old file is then unchanged, unless only the sync of the folder failed.
 */
export async function replaceFile(path: string, text: string, effects: FileEffects = Deno): Promise<Deno.FileInfo> {
  return await replaceFiles([path], text, effects);
}

/** Replaces files of one folder with the same text, in this order; returns the metadata of the last one. */
export async function replaceFiles(
  paths: readonly [string, ...string[]],
  text: string,
  effects: FileEffects = Deno,
): Promise<Deno.FileInfo> {
  const folder = dirname(paths[0]);
  await effects.mkdir(folder, { recursive: true, mode: 0o700 });
  const bytes = new TextEncoder().encode(text);
  let info!: Deno.FileInfo;
  for (const path of paths) info = await moveInto(path, bytes, effects);
  await syncFolder(folder, effects);
  return info;
}

async function moveInto(path: string, bytes: Uint8Array, effects: FileEffects): Promise<Deno.FileInfo> {
  const draft = `${path}.${crypto.randomUUID()}.new`;
  try {
    const info = await writeDraft(draft, bytes, effects);
    await effects.rename(draft, path);
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
