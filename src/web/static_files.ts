/** The files of static/, read once at startup: a lookup in a Map cannot leave the folder. */
import type { Handler } from "hono";
import { PortholeError } from "../errors.ts";
import { streamBytes } from "./stream_bytes.ts";

const CONTENT_TYPES: Record<string, string> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  ico: "image/x-icon",
  webmanifest: "application/manifest+json",
};

/** A file as it is sent. */
export interface StaticFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
  /** Strong entity tag (RFC 9110 section 8.8.3). */
  readonly etag: string;
}

/** The files, by name. */
export type StaticFiles = ReadonlyMap<string, StaticFile>;

/** Reads the files directly in the folder; a file of an unknown type is left out. */
export async function readStaticFiles(folder: URL): Promise<StaticFiles> {
  const files = new Map<string, StaticFile>();
  for await (const entry of Deno.readDir(folder)) {
    const type = CONTENT_TYPES[entry.name.split(".").at(-1)!];
    if (!entry.isFile || !type) continue;
    const body = await Deno.readFile(new URL(entry.name, folder));
    files.set(entry.name, { body, type, etag: await makeEtag(body) });
  }
  return files;
}

/** Serves the files at `:file`. Browsers revalidate each time, and get 304 while a file is unchanged. */
export function createStaticHandler(files: StaticFiles): Handler {
  return (c) => {
    const file = files.get(c.req.param("file") ?? "");
    if (!file) throw new PortholeError("not_found", "This file does not exist");
    const headers = { ETag: file.etag, "Cache-Control": "no-cache", "Content-Type": file.type };
    const known = (c.req.header("if-none-match") ?? "").split(/\s*,\s*/);
    if (known.includes(file.etag) || known.includes(`W/${file.etag}`)) return c.body(null, 304, headers);
    return c.body(streamBytes(file.body), 200, { ...headers, "Content-Length": String(file.body.length) });
  };
}

async function makeEtag(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return `"${digest.subarray(0, 12).toHex()}"`;
}
