/** sources.yaml as bytes in, text out. */
import { ConfigError } from "./problem.ts";
import { explainReadError, type ReadFile } from "./resolver.ts";
import { MAX_FILE_BYTES } from "./yaml_document.ts";

/**
 * Reads the file; a byte order mark is passed over.
 * @throws ConfigError when it is absent, unreadable, too large or not UTF-8.
 */
export async function readSourcesFile(file: string, readFile: ReadFile): Promise<string> {
  const bytes = await readFile(file).catch((error) => {
    const advice = error instanceof Deno.errors.NotFound ? " (deno task start init writes one)" : "";
    throw refuse(`Cannot read it: ${explainReadError(error)}${advice}`);
  });
  if (bytes.length > MAX_FILE_BYTES) throw refuse("must be at most 1 MiB");
  const text = decode(bytes);
  if (text === undefined) throw refuse("is not UTF-8 text", { line: findBadLine(bytes), column: 1 });
  return text;
}

function refuse(message: string, place: { line?: number; column?: number } = {}): ConfigError {
  return new ConfigError([{ path: "", message, ...place }]);
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** UTF-8 never has the byte of a line feed inside a character, so lines can be tried one by one. */
function findBadLine(bytes: Uint8Array): number {
  let [line, start] = [1, 0];
  for (;; line++) {
    const end = bytes.indexOf(10, start);
    if (end === -1 || decode(bytes.subarray(start, end)) === undefined) return line;
    start = end + 1;
  }
}
