/** Repairs in the data folder, for the process that has locked it. */
import { basename, dirname, join } from "node:path";

/** Broken files of one name that are kept. */
const KEPT_BROKEN = 3;
const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
/** A file that a crash has left half written; older versions wrote them without `.new`. */
const DRAFT = new RegExp(`^(?:[a-z-]+\\.json|(?:ca|ca-copy|leaf)\\.(?:crt|key))(?:\\.copy)?\\.${UUID}(?:\\.new)?$`);

/** Renames a broken file to `NAME.broken-TIME` and returns that name; of several, the oldest are removed. */
export function setAside(path: string, now: () => number = Date.now): string {
  const time = new Date(now()).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const taken = listBroken(path).length;
  const kept = `${basename(path)}.broken-${time}${taken > 0 ? `-${crypto.randomUUID().slice(0, 4)}` : ""}`;
  Deno.renameSync(path, join(dirname(path), kept));
  for (const name of listBroken(path).filter((name) => name !== kept).slice(0, -(KEPT_BROKEN - 1))) {
    removeFile(join(dirname(path), name));
  }
  return kept;
}

/** Replaces a file as `replaceFile()` does, but at once. What cannot be written is written with the next change. */
export function writeCopy(path: string, text: string): void {
  const draft = `${path}.${crypto.randomUUID()}.new`;
  try {
    Deno.writeTextFileSync(draft, text, { createNew: true, mode: 0o600 });
    syncFile(draft);
    Deno.renameSync(draft, path);
    if (Deno.build.os !== "windows") syncFile(dirname(path));
  } catch {
    removeFile(draft);
  }
}

/** Removes half-written files from the data folder. */
export function removeDrafts(folder: string): void {
  for (const place of [folder, join(folder, "tls")]) {
    for (const { name, isFile } of listFiles(place)) if (isFile && DRAFT.test(name)) removeFile(join(place, name));
  }
}

function listBroken(path: string): string[] {
  const start = `${basename(path)}.broken-`;
  return listFiles(dirname(path)).map(({ name }) => name).filter((name) => name.startsWith(start)).sort();
}

function listFiles(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch {
    return [];
  }
}

function syncFile(path: string): void {
  using file = Deno.openSync(path, { read: true });
  file.syncSync();
}

function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // A folder with something in it, or a disk that cannot be written: it stays.
  }
}
