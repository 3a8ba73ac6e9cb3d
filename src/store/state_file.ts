/** A file of records and its copy beside it: reading whichever is whole. */
import { basename } from "node:path";
import { readRecords } from "./record_text.ts";
import type { Entry } from "./records.ts";
import { DataFolderError } from "./store.ts";

type Entries = [key: string, entry: Entry<unknown>][];

/** What was found in place of a file. */
export type Found =
  | { readonly kind: "read"; readonly entries: Entries; readonly text: string; readonly version: string }
  | { readonly kind: "missing" }
  /** `why` completes "… is broken: it". */
  | { readonly kind: "broken"; readonly why: string };

/** Larger than any file that Porthole writes. */
const MOST_BYTES = 256 * 1024 ** 2;

/** The path of the copy of a file. It is written just before the file, with the same text. */
export function copyOf(path: string): string {
  return `${path}.copy`;
}

/** Reads a file. What is wrong with the file itself is an answer. @throws {DataFolderError} when the disk fails */
export function findRecords(path: string, isValid: (value: unknown) => boolean = () => true): Found {
  try {
    const info = Deno.statSync(path);
    if (info.isDirectory) return { kind: "broken", why: "is a folder" };
    if (!info.isFile) return { kind: "broken", why: "is not a regular file" };
    if (info.size > MOST_BYTES) return { kind: "broken", why: "is too large" };
    return parse(Deno.readTextFileSync(path), describeVersion(info), isValid);
  } catch (thrown) {
    const { NotFound, NotADirectory } = Deno.errors;
    if (thrown instanceof NotFound || thrown instanceof NotADirectory) return { kind: "missing" };
    if (thrown instanceof Deno.errors.PermissionDenied) return { kind: "broken", why: "cannot be read by this user" };
    const reason = thrown instanceof Error ? thrown.message : thrown;
    throw new DataFolderError(`Cannot read ${basename(path)} in the data folder: ${reason}`, { cause: thrown });
  }
}

/** Identifies a version of a file: each write makes a new inode, and an editor changes the time. */
export function describeVersion({ ino, size, mtime }: Deno.FileInfo): string {
  return `${ino} ${size} ${mtime?.getTime()}`;
}

/**
 * Whether a text looks as if something had emptied the file. An editor that removes the last line leaves a line break
 * between the braces; after Porthole has removed the last record, the copy has none either.
 */
export function isEmptied(text: string): boolean {
  return text.trim() === "{}";
}

function parse(text: string, version: string, isValid: (value: unknown) => boolean): Found {
  if (text.trim() === "") return { kind: "broken", why: "is empty" };
  try {
    const entries = readRecords(text);
    const wrong = entries.find(([, { value }]) => !isValid(value));
    if (wrong) return { kind: "broken", why: "contains a record of the wrong type" };
    return { kind: "read", entries, text, version };
  } catch {
    return { kind: "broken", why: "is not complete JSON" };
  }
}
