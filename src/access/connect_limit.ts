/** Rate limits by address. */
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { PortholeError } from "../errors.ts";

/** Counts attempts against a cap, in memory: a restart resets the counts. */
export interface ConnectLimit {
  /** Counts an attempt. @throws PortholeError limit_reached, with the time until the next attempt may succeed. */
  take(key: string): Promise<void>;
  /** Says what `take()` would say now, without counting. @throws PortholeError as `take()` does. */
  check(key: string): Promise<void>;
  /** Takes back a counted attempt. */
  giveBack(key: string): Promise<void>;
  /** Forgets every count and stops the timers. */
  close(): void;
}

/** With more keys than this in a minute, the oldest is forgotten: whoever has so many addresses is held elsewhere. */
const MOST_KEYS = 20_000;
const WINDOW_MS = 60_000;

interface ConnectLimitOptions {
  /** Attempts per minute, as the configuration has it now. */
  perMinute: () => number;
  /** What is counted, for the message. */
  what?: string;
}

/** Makes a limit of attempts per minute and key. */
export function createConnectLimit({ perMinute, what = "connections" }: ConnectLimitOptions): ConnectLimit {
  const limiter = new RateLimiterMemory({ points: perMinute(), duration: WINDOW_MS / 1000 });
  /** By the time of their first attempt; the limiter itself forgets a key when its minute is over. */
  const startedAtMs = new Map<string, number>();
  const refuse = ({ msBeforeNext }: RateLimiterRes) => {
    // The limiter reckons by the clock, which may have been set back.
    const retryAfterMs = Math.min(msBeforeNext, WINDOW_MS);
    throw new PortholeError("limit_reached", `Too many ${what} in a minute: try again later`, { retryAfterMs });
  };
  return {
    take: async (key) => {
      for (const old of remember(startedAtMs, key)) limiter.delete(old);
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
    giveBack: async (key) => {
      if (await limiter.get(key) !== null) await limiter.reward(key);
    },
    close: () => {
      for (const key of startedAtMs.keys()) limiter.delete(key);
      startedAtMs.clear();
    },
  };
}

/** Notes a key, and drops those whose minute is over. Returns the oldest keys if there are too many. */
function remember(startedAtMs: Map<string, number>, key: string): string[] {
  const now = performance.now();
  for (const [old, at] of startedAtMs) {
    if (now - at <= WINDOW_MS) break;
    startedAtMs.delete(old);
  }
  if (!startedAtMs.has(key)) startedAtMs.set(key, now);
  const surplus = [...startedAtMs.keys().take(Math.max(0, startedAtMs.size - MOST_KEYS))];
  for (const old of surplus) startedAtMs.delete(old);
  return surplus;
}
