import { createLineage, type Lineage } from "../../src/access/lineage.ts";
import { openAccessStores } from "../../src/access/stores.ts";
import type { Config } from "../../src/config/config.ts";
import { createMemoryStores } from "../../src/store/memory_stores.ts";

interface LineageFakes {
  config: () => Config;
  now?: () => number;
  /** The mark of the login link. */
  loginMark?: string;
}

/** The lineage of a gateway without share links. */
export function makeLineage({ config, now = Date.now, loginMark }: LineageFakes): Lineage {
  const { links } = openAccessStores(createMemoryStores({ now }));
  return createLineage({ config, links, loginLink: { mark: () => Promise.resolve(loginMark) }, now });
}
