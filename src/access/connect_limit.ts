/** Rate limits by address. */
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { PortholeError } from "../errors.ts";

/** Counts attempts against a cap. In this process only: after a restart everybody begins at zero. */
export interface ConnectLimit {
  /** @throws PortholeError limit_reached, with the time until the next attempt may succeed. */
  take(key: string): Promise<void>;
  /** Forgets every count and ends its timers. */
  close(): void;
}

/** Keys remembered for `close()` before those whose minute is over are dropped. */
const PRUNE_ABOVE_KEYS = 4096;
const WINDOW_SECONDS = 60;

interface ConnectLimitOptions {
  /** Attempts a minute; 0 is no limit. */
  perMinute: number;
  what?: string;
}

/** Keeps the counts in this process. */
export function createConnectLimit({ perMinute, what = "connections" }: ConnectLimitOptions): ConnectLimit {
  if (perMinute === 0) return { take: () => Promise.resolve(), close: () => {} };
  const limiter = new RateLimiterMemory({ points: perMinute, duration: WINDOW_SECONDS });
  const startedAtMs = new Map<string, number>();
  return {
    take: async (key) => {
      remember(startedAtMs, key);
      try {
        await limiter.consume(key);
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        const retryAfterMs = refusal.msBeforeNext;
        throw new PortholeError("limit_reached", `Too many ${what} in a minute: try again later`, { retryAfterMs });
      }
    },
    close: () => {
      for (const key of startedAtMs.keys()) limiter.delete(key);
      startedAtMs.clear();
    },
  };
}

function remember(startedAtMs: Map<string, number>, key: string): void {
  const now = Date.now();
  startedAtMs.set(key, now);
  if (startedAtMs.size <= PRUNE_ABOVE_KEYS) return;
  for (const [old, at] of startedAtMs) if (now - at > WINDOW_SECONDS * 1000) startedAtMs.delete(old);
}
