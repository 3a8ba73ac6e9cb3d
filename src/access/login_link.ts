/** The login link, which signs its holder in while sources.yaml names no users. */
import { refuseUnsaved, type Stores } from "../store/store.ts";
import type { Holder } from "./access.ts";
import { markHash } from "./marks.ts";
import { hashToken, isSameHash, makeToken } from "./opaque_token.ts";

/** The token of the login link. */
export interface LoginLink {
  /** Whether this is the token. */
  isToken(token: string): Promise<boolean>;
  /** The mark of the token; undefined if there is none. */
  mark(): Promise<string | undefined>;
  /** Makes the token if there is none; undefined if there is one, because only its hash is kept. */
  ensure(): Promise<string | undefined>;
  /** Makes a new token, which invalidates the previous one. @throws PortholeError not_stored */
  renew(): Promise<string>;
  /** Takes over the hash of a token that 0.1.0 made. */
  adopt(hash: string): Promise<void>;
}

/** The identity of the holder of the login link. */
export const OWNER: Holder = { name: "owner", groups: ["admins"], admin: true };

/** The key of the only record. */
const KEY = "token";

/** Opens the record of the link; `start link` may change it while a gateway runs on the same folder. */
export function openLoginLink(stores: Stores): LoginLink {
  const store = stores.open<string>("login-link", {
    editable: true,
    isValid: (value) => typeof value === "string",
  });
  return {
    isToken: async (token) => {
      const hash = await store.get(KEY);
      return hash !== undefined && isSameHash(hash, hashToken(token));
    },
    mark: async () => {
      const hash = await store.get(KEY);
      return hash === undefined ? undefined : markHash(hash);
    },
    ensure: async () => {
      const token = makeToken();
      return await store.update(KEY, (hash) => {
        return hash === undefined
          ? { result: token, put: hashToken(token), ifUnsaved: "accept" }
          : { result: undefined };
      });
    },
    renew: async () => {
      const token = makeToken();
      await store.put(KEY, hashToken(token), { ifUnsaved: "undo" }).catch(
        refuseUnsaved("The login link was not changed"),
      );
      return token;
    },
    adopt: (hash) => store.put(KEY, hash),
  };
}

/** The line that prints the link: `address` ends in a slash; browsers do not send what follows #. */
export function formatLoginLine(address: string, token: string): string {
  return `porthole login ${address}sign-in#token=${token}`;
}
