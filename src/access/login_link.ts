/** The login link: the way in while sources.yaml names nobody. */
import { join } from "node:path";
import { hashToken, isSameHash, makeToken } from "./opaque_token.ts";
import { readJson, writeJson } from "./store.ts";

/** What `data/access.json` holds. */
interface AccessFile {
  /** SHA-256 of the token in the link. */
  readonly hash: string;
}

const place = (dataDir: string) => join(dataDir, "access.json");

/** Makes the token of the login link when there is none yet; undefined when there is, because only its hash is kept. */
export function ensureLoginToken(dataDir: string): string | undefined {
  return readJson<AccessFile>(place(dataDir)) ? undefined : renewLoginToken(dataDir);
}

/** Makes a new token; the one before counts no more, also for a gateway that is running. */
export function renewLoginToken(dataDir: string): string {
  const token = makeToken();
  writeJson(place(dataDir), { hash: hashToken(token) } satisfies AccessFile);
  return token;
}

/** Whether this is the token; read from the folder each time, because `start link` may have made a new one. */
export function isLoginToken(dataDir: string, token: string): boolean {
  const hash = readJson<AccessFile>(place(dataDir))?.hash;
  return typeof hash === "string" && isSameHash(hash, hashToken(token));
}

/** The line that tells of it: `address` ends in a slash; what follows # never leaves the browser by itself. */
export function formatLoginLine(address: string, token: string): string {
  return `porthole login ${address}sign-in#token=${token}`;
}
