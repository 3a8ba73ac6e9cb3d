/** Share links: a way to one source for whoever holds the link, until it expires, is used up or revoked. */
import type { Role } from "./access.ts";
import { hashToken, isSameHash, makeToken } from "./opaque_token.ts";
import type { Store } from "./store.ts";

/** One link as it is kept. */
export interface ShareLink {
  readonly id: string;
  /** Hash of the secret in the link. */
  readonly hash: string;
  readonly source: string;
  readonly role: Role;
  readonly label: string;
  /** Who made it. */
  readonly createdBy: string;
  /** Whether sources.yaml named the creator: the link ends with that name. */
  readonly byUser: boolean;
  readonly createdMs: number;
  readonly expiresMs: number;
  /** How often it may still be opened; null is any number of times. */
  readonly usesLeft: number | null;
}

/** What the creator says. */
export type LinkDetails = Pick<
  ShareLink,
  "source" | "role" | "label" | "createdBy" | "byUser" | "expiresMs" | "usesLeft"
>;

interface ShareLinksOptions {
  store: Store<readonly ShareLink[]>;
  /** Whether the creator may still give what the link gives. */
  mayStillShare?: (link: ShareLink) => boolean;
  now?: () => number;
}

/** Knows every link that lives. */
export class ShareLinks {
  readonly #store: Store<readonly ShareLink[]>;
  readonly #mayStillShare: (link: ShareLink) => boolean;
  readonly #now: () => number;

  constructor({ store, mayStillShare = () => true, now = Date.now }: ShareLinksOptions) {
    this.#store = store;
    this.#mayStillShare = mayStillShare;
    this.#now = now;
  }

  /** Makes a link and gives its secret, which is not kept. */
  // deno-lint-ignore require-await
  async make(details: LinkDetails): Promise<{ link: ShareLink; secret: string }> {
    const secret = makeToken();
    const id = crypto.randomUUID().slice(0, 8);
    const link = { ...details, id, hash: hashToken(secret), createdMs: this.#now() };
    this.#store.save([link, ...this.#unexpired()]);
    return { link, secret };
  }

  /** The link with this secret while it may be opened. */
  find(secret: string): Promise<ShareLink | undefined> {
    return Promise.resolve(this.#find(secret));
  }

  #find(secret: string): ShareLink | undefined {
    const hash = hashToken(secret);
    return this.#list().find((one) => isSameHash(one.hash, hash) && one.usesLeft !== 0);
  }

  /** Uses a link up by one, or undefined when there is none (any more) with this secret. */
  // deno-lint-ignore require-await
  async open(secret: string): Promise<ShareLink | undefined> {
    const link = this.#find(secret);
    if (!link) return undefined;
    const used = link.usesLeft === null ? link : { ...link, usesLeft: link.usesLeft - 1 };
    this.#store.save(this.#unexpired().map((one) => one.id === link.id ? used : one));
    return used;
  }

  /** The link with this id while it lives; one that is used up lives on for those who opened it. */
  // deno-lint-ignore require-await
  async get(id: string): Promise<ShareLink | undefined> {
    const link = this.#store.value.find((one) => one.id === id);
    return link && this.#lives(link) ? link : undefined;
  }

  /** Those that live, newest first. */
  list(): Promise<ShareLink[]> {
    return Promise.resolve(this.#list());
  }

  #list(): ShareLink[] {
    return this.#store.value.filter((link) => this.#lives(link));
  }

  /** Ends a link; whoever came by it is out within seconds. */
  // deno-lint-ignore require-await
  async revoke(id: string): Promise<void> {
    this.#store.save(this.#unexpired().filter((link) => link.id !== id));
  }

  #lives(link: ShareLink): boolean {
    return this.#now() < link.expiresMs && this.#mayStillShare(link);
  }

  /** A creator's permission may come back, so only time takes links out of the store. */
  #unexpired(): ShareLink[] {
    return this.#store.value.filter(({ expiresMs }) => this.#now() < expiresMs);
  }
}
