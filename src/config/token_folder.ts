/** The files that hold tokens: one file, or those of a folder. */
import { join } from "node:path";
import { explainReadError, type ReadFile } from "./resolver.ts";

/** Longer files are refused. */
const FILE_MAX_BYTES = 16 * 1024 * 1024;

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
export async function listTokenFiles(path: string): Promise<TokenFile[]> {
  const { isDirectory, isFile } = await Deno.stat(path);
  // Anything else, such as a named pipe, may keep the reader waiting.
  if (!isDirectory && !isFile) throw new SyntaxError("it is neither a file nor a folder");
  if (!isDirectory) return [{ file: path, isListed: false }];
  const names: string[] = [];
  for await (const { name } of Deno.readDir(path)) if (!EDITOR_FILE.test(name)) names.push(name);
  const files = names.sort().map((name) => join(path, name));
  const areFiles = await Promise.all(files.map((file) => Deno.stat(file).then(({ isFile }) => isFile, isUnreadable)));
  return files.filter((_, index) => areFiles[index]).map((file) => ({ file, isListed: true }));
}

/** A file that has just been removed is skipped; any other that cannot be examined is reported when it is read. */
function isUnreadable(error: unknown): boolean {
  return !(error instanceof Deno.errors.NotFound);
}

interface ReadOptions {
  readonly isListed: boolean;
  readonly readFile: ReadFile;
  readonly warn: (file: string, line: undefined, message: string) => void;
}

/** The text of a token file. A file of a folder that cannot be read is left out with a warning. */
export async function readTokenText(file: string, { isListed, readFile, warn }: ReadOptions): Promise<string> {
  try {
    const bytes = await readFile(file);
    if (bytes.length > FILE_MAX_BYTES) throw new SyntaxError("it is larger than 16 MiB");
    // A line that is not UTF-8 is left out by itself: its characters become U+FFFD.
    return new TextDecoder().decode(bytes);
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
