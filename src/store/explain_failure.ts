/** Why a file cannot be read or written, in words that anybody may see: without a path. */
import { PortholeError } from "../errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "the gateway's disk is full",
  EDQUOT: "the gateway's disk quota is used up",
  EFBIG: "the gateway may not write files of this size",
  EROFS: "the gateway's disk is read-only",
  EACCES: "the gateway has no permission for its data folder",
  EPERM: "the gateway has no permission for its data folder",
  EIO: "the gateway's disk has an error",
  ENOENT: "the gateway's data folder is missing",
  ENOTDIR: "the gateway's data folder is not a folder",
  EEXIST: "the gateway's data folder is not a folder",
  EMFILE: "the gateway has too many open files",
  ENFILE: "the gateway's machine has too many open files",
};

/** The reason of a failed write. */
export function explainFailure(cause: unknown): string {
  if (cause instanceof PortholeError) return cause.message;
  const { code } = cause as { code?: unknown };
  return REASONS[String(code)] ?? "the gateway cannot write to its data folder";
}
