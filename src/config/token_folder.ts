/** The files that hold tokens: one file, or those of a folder. */
import { join } from "node:path";
import type { FileReader } from "../files/file_reader.ts";
import { explainReadError } from "./resolver.ts";

/** Longer files are refused. */
const FILE_MAX_BYTES = 16 * 1024 * 1024;

/** A folder with more files is refused. Some programs write a file for each token. */
const FILES_MAX = 100_000;

/** What editors leave beside a file: `tokens~`, `#tokens#`, `.tokens.swp`, `tokens.swp`. */
const EDITOR_FILE = /^\.|~$|^#.*#$|\.sw[a-p]$/;

/** A file with tokens. */
interface TokenFile {
  readonly file: string;
  /** Whether it was found in a folder, where files come and go. */
  readonly isListed: boolean;
}

/**
 * The token files at a path: itself, or those of the folder in the order of their names, without subfolders, hidden
 * files and what editors leave.
 */
export async function listTokenFiles(path: string, reader: FileReader): Promise<TokenFile[]> {
  const { isDirectory } = await reader.stat(path);
  if (!isDirectory) return [{ file: path, isListed: false }];
  const files = (await reader.guard(join(path, "."), () => listNames(path))).sort().map((name) => join(path, name));
  const areFiles = await Promise.all(files.map((file) => reader.stat(file).then(({ isFile }) => isFile, isUnreadable)));
  return files.filter((_, index) => areFiles[index]).map((file) => ({ file, isListed: true }));
}

async function listNames(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (names.length >= FILES_MAX) throw new SyntaxError(`it has more than ${FILES_MAX} files`);
    if (!EDITOR_FILE.test(name)) names.push(name);
  }
  return names;
}

/** A file that has just been removed is skipped; any other that cannot be examined is reported when it is read. */
function isUnreadable(error: unknown): boolean {
  return !(error instanceof Deno.errors.NotFound);
}

interface ReadOptions {
  readonly isListed: boolean;
  readonly reader: FileReader;
  readonly warn: (file: string, line: undefined, message: string) => void;
}

/** The text of a token file. A file of a folder that cannot be read is left out with a warning. */
export async function readTokenText(file: string, { isListed, reader, warn }: ReadOptions): Promise<string> {
  try {
    // A line that is not UTF-8 is left out by itself: its characters become U+FFFD.
    return new TextDecoder().decode(await reader.read(file, FILE_MAX_BYTES));
  } catch (error) {
    if (!isListed) throw error;
    if (isUnreadable(error)) warn(file, undefined, `this file is left out: ${explainTokenFile(error)}`);
    return "";
  }
}

/** Why a token file or folder cannot be used, in a few words. */
export function explainTokenFile(error: unknown): string {
  return error instanceof SyntaxError ? error.message : explainReadError(error);
}
