import type { ConnectLimit } from "../../src/access/connect_limit.ts";

/** A limit for tests of what lies behind it. */
export const NO_LIMIT: ConnectLimit = {
  take: () => Promise.resolve(),
  check: () => Promise.resolve(),
  giveBack: () => Promise.resolve(),
  close: () => {},
};
