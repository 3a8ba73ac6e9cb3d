/** Share links: anyone who has one can open its source until the link expires, is used up or is revoked. */
import { refuseUnsaved, type Store } from "../store/store.ts";
import type { Proof, Role } from "./access.ts";
import { Cap, refuseSurplus } from "./cap.ts";
import { hashToken, isSameHash, makeToken } from "./opaque_token.ts";

/** One link. */
export interface ShareLink {
  /** The first 16 digits of the hash. */
  readonly id: string;
  /** Hash of the secret in the link. */
  readonly hash: string;
  readonly source: string;
  readonly role: Role;
  readonly label: string;
  /** The user or program that made it. */
  readonly createdBy: string;
  /** What proved who made it: the link ends with that. Absent in links that earlier versions stored. */
  readonly proof?: Proof;
  /** In links that earlier versions stored: whether sources.yaml named the creator. */
  readonly byUser?: boolean;
  readonly createdMs: number;
  readonly expiresMs: number;
  /** How many times it can still be opened; null means any number. */
  readonly usesLeft: number | null;
}

/** The fields of a new link. */
export type LinkDetails = Pick<
  ShareLink,
  "source" | "role" | "label" | "createdBy" | "proof" | "expiresMs" | "usesLeft"
>;

interface ShareLinksOptions {
  store: Store<ShareLink>;
  /**
   * Whether the creator may still share what the link opens. The record stays when that ends, because the permission can
   * come back; when the link expires, the store no longer has it.
   */
  mayStillShare: (link: ShareLink) => Promise<boolean>;
  now?: () => number;
}

/** Most links to one source. */
const MOST_OF_SOURCE = 200;

/** All share links. */
export class ShareLinks {
  readonly #store: Store<ShareLink>;
  readonly #mayStillShare: (link: ShareLink) => Promise<boolean>;
  readonly #now: () => number;
  readonly #cap = new Cap<ShareLink>(async () => (await this.list()).map((link) => [link.id, link]));

  constructor({ store, mayStillShare, now = Date.now }: ShareLinksOptions) {
    this.#store = store;
    this.#mayStillShare = mayStillShare;
    this.#now = now;
  }

  /**
   * Makes a link and returns it with its secret, which is not kept.
   *
   * @throws PortholeError limit_reached when the source has too many, or not_stored.
   */
  async make(details: LinkDetails): Promise<{ link: ShareLink; secret: string }> {
    const secret = makeToken();
    const hash = hashToken(secret);
    const link = { ...details, id: makeLinkId(hash), hash, createdMs: this.#now() };
    await this.#cap.admit(
      [link.id, link],
      (others) => requireRoom(link, others),
      () => this.#store.put(link.id, link, { expiresAtMs: link.expiresMs, ifUnsaved: "undo" }),
    ).catch(refuseUnsaved("The share link was not created"));
    return { link, secret };
  }

  /** The link with this secret, while it can be opened. */
  async find(secret: string): Promise<ShareLink | undefined> {
    const hash = hashToken(secret);
    const link = await this.#store.get(makeLinkId(hash));
    return canOpen(link, hash) && await this.#mayStillShare(link) ? link : undefined;
  }

  /**
   * Opens the link with this secret, which spends one use; undefined when it cannot be opened.
   *
   * @throws PortholeError not_stored when a restart would give the use back
   */
  async open(secret: string): Promise<ShareLink | undefined> {
    if (!await this.find(secret)) return undefined;
    const hash = hashToken(secret);
    return await this.#store.update(makeLinkId(hash), (link) => {
      if (!canOpen(link, hash)) return { result: undefined };
      if (link.usesLeft === null) return { result: link };
      const used = { ...link, usesLeft: link.usesLeft - 1 };
      return { result: used, put: used, expiresAtMs: link.expiresMs, ifUnsaved: "undo" };
    }).catch(refuseUnsaved("This link cannot be opened now"));
  }

  /** The link with this id, until it ends. A link that is used up stays valid for those who opened it. */
  async get(id: string): Promise<ShareLink | undefined> {
    const link = await this.#store.get(id);
    return link && await this.#mayStillShare(link) ? link : undefined;
  }

  /** Every link that has not ended, newest first. */
  async list(): Promise<ShareLink[]> {
    const links = (await this.#store.list()).map(([, link]) => link);
    const stand = await Promise.all(links.map((link) => this.#mayStillShare(link)));
    return links.filter((_link, at) => stand[at]).reverse().sort((a, b) => b.createdMs - a.createdMs);
  }

  /** Ends a link; sessions that it opened end at the next check. @throws {NotStored} although it has ended */
  async revoke(id: string): Promise<void> {
    await this.#store.delete(id);
  }

  /** For a link that is gone. @throws {NotStored} while its end is not stored */
  async confirmRevoked(id: string): Promise<void> {
    if (await this.#store.get(id) === undefined) await this.#store.delete(id);
  }
}

function requireRoom({ source }: ShareLink, others: readonly ShareLink[]): void {
  if (others.filter((other) => other.source === source).length < MOST_OF_SOURCE) return;
  throw refuseSurplus("This screen has reached its limit of share links: revoke some first");
}

function canOpen(link: ShareLink | undefined, hash: string): link is ShareLink {
  return link !== undefined && isSameHash(link.hash, hash) && link.usesLeft !== 0;
}

/** The id of the link whose secret has this hash. */
function makeLinkId(hash: string): string {
  return hash.slice(0, 16);
}
