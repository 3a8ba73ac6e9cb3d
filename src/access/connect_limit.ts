/** How often one address may connect. */
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { PortholeError } from "../errors.ts";

/** Counts attempts against a cap; a store shared between machines can stand behind it. */
export interface ConnectLimit {
  /** @throws PortholeError limit_reached, with the time until the next attempt may succeed. */
  take(key: string): Promise<void>;
}

interface ConnectLimitOptions {
  /** Attempts a minute; 0 is no limit. */
  perMinute: number;
  what?: string;
}

/** Keeps the counts in this process. */
export function createConnectLimit({ perMinute, what = "connections" }: ConnectLimitOptions): ConnectLimit {
  if (perMinute === 0) return { take: () => Promise.resolve() };
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  return {
    take: async (key) => {
      try {
        await limiter.consume(key);
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        const retryAfterMs = refusal.msBeforeNext;
        throw new PortholeError("limit_reached", `Too many ${what} in a minute: try again later`, { retryAfterMs });
      }
    },
  };
}
