/** The ways back to sessions whose viewers may lose their links: tokens, renewed at each return and kept as hashes. */
import { createHash } from "node:crypto";
import { Tally } from "./tally.ts";

/** 256 bits cannot be guessed, so a fast hash is enough. */
const TOKEN_BYTES = 32;

/** Who may go a way back. */
export interface Bearer {
  /** The name of the source. */
  readonly source: string;
  /** Who the user is and how they signed in; compared as a whole. */
  readonly user: string;
}

/** Who comes back, and from where. */
export interface Visitor extends Bearer {
  /** As limits group it. */
  readonly address: string;
}

/** The way back to one session. */
export interface WayBack<Target> {
  /** What it leads to; nothing yet while that is being made. */
  target: Target | undefined;
  /** Makes the next token, 43 characters of base64url. Of those before, the one that was used last stays good. */
  renewToken(): string;
  /** The viewer has the next token: the one that it used is void. */
  confirmToken(): void;
  /** The viewer has another address now. */
  moveTo(address: string): void;
  /** Closes the way: its token is void. */
  close(): void;
}

/** What a hash stands for. */
interface Entry<Target> {
  readonly bearer: Bearer;
  readonly way: WayBack<Target>;
  /** The token of this hash was used. */
  readonly use: (hash: string) => void;
}

/** All ways back of one gateway. */
export class WaysBack<Target> {
  readonly #byHash = new Map<string, Entry<Target>>();
  readonly #counts = new Tally();

  /** Opens a way for a viewer. */
  open({ source, user, address }: Visitor): WayBack<Target> {
    const bearer = { source, user };
    let [newest, used] = ["", ""];
    let at: string | undefined;
    const stand = (next: string | undefined) => {
      if (at !== undefined) this.#counts.remove(nameVisitor({ user, address: at }));
      if (next !== undefined) this.#counts.add(nameVisitor({ user, address: next }));
      at = next;
    };
    const way: WayBack<Target> = {
      target: undefined,
      renewToken: () => {
        if (newest !== used) this.#byHash.delete(newest);
        const token = makeToken();
        newest = hashToken(token);
        if (at !== undefined) this.#byHash.set(newest, { bearer, way, use });
        return token;
      },
      confirmToken: () => {
        this.#byHash.delete(used);
        used = "";
      },
      moveTo: stand,
      close: () => {
        for (const hash of [newest, used]) this.#byHash.delete(hash);
        stand(undefined);
      },
    };
    const use = (hash: string) => {
      if (hash !== used) way.confirmToken();
      used = hash;
    };
    stand(address);
    return way;
  }

  /**
   * The way that the token opens. It is void once its viewer has the next one: until then the connection can break with
   * that one on its way, and this one is all that the viewer has. One of somebody else opens none, and stays valid.
   */
  take(token: string, { source, user }: Bearer): WayBack<Target> | undefined {
    const hash = hashToken(token);
    const found = this.#byHash.get(hash);
    if (found?.bearer.source !== source || found.bearer.user !== user) return undefined;
    found.use(hash);
    return found.way;
  }

  /** Number of ways of this user to all sources, whose viewer was last seen at this address. */
  count(visitor: Pick<Visitor, "user" | "address">): number {
    return this.#counts.of(nameVisitor(visitor));
  }
}

/** The user at the address, as the key of counts. */
export function nameVisitor({ user, address }: Pick<Visitor, "user" | "address">): string {
  return `${address} ${user}`;
}

function makeToken(): string {
  return crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)).toBase64({ alphabet: "base64url", omitPadding: true });
}

function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
