/** Reading the records of a kind at the start, when a file may be broken. */
import { basename } from "node:path";
import { copyOf, findRecords, type Found, isEmptied } from "./state_file.ts";
import { setAside, writeCopy } from "./set_aside.ts";
import { DataFolderError, type KindOptions } from "./store.ts";

/** A file with whole records, or none. */
export type Start = Extract<Found, { kind: "read" | "missing" }>;

interface RecoverOptions extends Pick<KindOptions, "editable" | "precious" | "isValid"> {
  path: string;
  /** Whether this process has locked the folder: only then is anything repaired. */
  isOwner: boolean;
  /** Receives a sentence about each broken file. */
  tell: (sentence: string) => void;
}

/**
 * Reads a file, or its copy where the file is broken. The owner sets the broken file aside and restores it.
 *
 * The copy is written just before the file, so it has every change that was ever answered as done: using it does not
 * bring back what was revoked.
 *
 * @throws {DataFolderError} when neither is whole and the records are precious.
 */
export function recover(options: RecoverOptions): Start {
  const { path, isValid, isOwner } = options;
  const found = findRecords(path, isValid);
  const copy = findRecords(copyOf(path), isValid);
  if (found.kind === "missing") return recoverMissing(options, copy);
  if (found.kind === "broken") return recoverBroken(options, found.why, copy);
  if (isEmptied(found.text) && copy.kind === "read" && copy.entries.length > 0) {
    return recoverBroken(options, "was emptied", copy);
  }
  if (isOwner && (copy.kind !== "read" || copy.text !== found.text)) writeCopy(copyOf(path), found.text);
  return found;
}

/** Removing an editable file removes its records. The removal of any other file is an accident. */
function recoverMissing({ path, editable, isOwner, tell }: RecoverOptions, copy: Found): Start {
  if (copy.kind !== "read" || copy.entries.length === 0) return { kind: "missing" };
  if (editable) {
    if (isOwner) writeCopy(copyOf(path), "{}\n");
    return { kind: "missing" };
  }
  if (isOwner) writeCopy(path, copy.text);
  tell(`${basename(path)} was missing from the data folder. Porthole uses its copy.`);
  return copy;
}

function recoverBroken({ path, editable, precious, isOwner, tell }: RecoverOptions, why: string, copy: Found): Start {
  const name = basename(path);
  if (copy.kind !== "read" && precious) {
    const sentence = `${name} in the data folder ${why}, and it has no copy: repair it, restore it from a backup, ` +
      `or remove it to start without its records`;
    if (!editable) throw new DataFolderError(sentence);
    // A person may be editing it. Until it is repaired, each use of its records is refused.
    tell(`${sentence}.`);
    return { kind: "missing" };
  }
  if (!isOwner) {
    if (copy.kind === "read") return copy;
    throw new DataFolderError(`${name} in the data folder ${why}, and it has no copy`);
  }
  const kept = setAside(path);
  if (copy.kind === "read") writeCopy(path, copy.text);
  const result = copy.kind === "read" ? "Porthole uses its copy" : "It has no copy, so its records are lost";
  tell(`${name} in the data folder ${why}. ${result}; the broken file was renamed to ${kept}.`);
  return copy.kind === "read" ? copy : { kind: "missing" };
}
