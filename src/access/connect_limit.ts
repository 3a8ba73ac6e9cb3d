/** Rate limits by address. */
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { PortholeError } from "../errors.ts";

/** Counts attempts against a cap, in memory: a restart resets the counts. */
export interface ConnectLimit {
  /** Counts an attempt. @throws PortholeError limit_reached, with the time until the next attempt may succeed. */
  take(key: string): Promise<void>;
  /** Says what `take()` would say now, without counting. @throws PortholeError as `take()` does. */
  check(key: string): Promise<void>;
  /** Forgets every count and stops the timers. */
  close(): void;
}

/** With more keys than this, those whose minute is over are dropped. */
const PRUNE_ABOVE_KEYS = 4096;
const WINDOW_SECONDS = 60;

interface ConnectLimitOptions {
  /** Attempts per minute, as the configuration has it now. */
  perMinute: () => number;
  /** What is counted, for the message. */
  what?: string;
}

/** Makes a limit of attempts per minute and key. */
export function createConnectLimit({ perMinute, what = "connections" }: ConnectLimitOptions): ConnectLimit {
  const limiter = new RateLimiterMemory({ points: perMinute(), duration: WINDOW_SECONDS });
  const startedAtMs = new Map<string, number>();
  const refuse = ({ msBeforeNext: retryAfterMs }: RateLimiterRes) => {
    throw new PortholeError("limit_reached", `Too many ${what} in a minute: try again later`, { retryAfterMs });
  };
  return {
    take: async (key) => {
      remember(startedAtMs, key);
      limiter.points = perMinute();
      try {
        await limiter.consume(key);
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        refuse(refusal);
      }
    },
    check: async (key) => {
      limiter.points = perMinute();
      const counted = await limiter.get(key);
      if (counted !== null && counted.remainingPoints <= 0) refuse(counted);
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
