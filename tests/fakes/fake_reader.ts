/** A reader whose files come from a function, and whose folders are those of the disk. */
import { createFileReader, type FileReader } from "../../src/files/file_reader.ts";

/** Makes the reader; `read` gives the content of a file, or throws. */
export function readWith(read: (path: string) => string | Uint8Array<ArrayBuffer> | Promise<never>): FileReader {
  return {
    ...createFileReader(),
    read: async (path) => {
      const content = await read(path);
      return typeof content === "string" ? new TextEncoder().encode(content) : content;
    },
  };
}
