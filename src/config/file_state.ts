/** The state of files on disk, to notice changes without reading them. */
import type { FileReader } from "../files/file_reader.ts";

/** The state of several files. */
export interface FileState {
  /** Differs whenever one of the files does. */
  readonly text: string;
  /** When the file that changed last did so, in milliseconds since 1970. */
  readonly newestMs: number;
}

/** Describes files, and folders with the names in them. A file that does not answer is described as absent. */
export async function describeFiles(files: readonly string[], reader: FileReader): Promise<FileState> {
  const states = await Promise.all(files.map((file) => describeFile(file, reader)));
  return {
    text: states.map(({ text }) => text).join("\n"),
    newestMs: Math.max(0, ...states.map(({ newestMs }) => newestMs)),
  };
}

async function describeFile(file: string, reader: FileReader): Promise<FileState> {
  try {
    const [real, { mtime, size, ino, mode }] = await reader.guard(
      file,
      () => Promise.all([Deno.realPath(file), Deno.stat(file)]),
    );
    const newestMs = mtime?.getTime() ?? 0;
    return { text: JSON.stringify([file, real, newestMs, size, ino, mode]), newestMs };
  } catch {
    return { text: JSON.stringify([file, "absent"]), newestMs: 0 };
  }
}
