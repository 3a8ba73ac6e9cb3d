/** Cross-site protection: which page may open a WebSocket or send an unsafe request. */
import { PortholeError } from "../errors.ts";

interface OriginCheck {
  /** The Origin header as it came; null when absent, which only programs do. */
  origin: string | null;
  /** Origin of the address that the browser used, from the request or from a trusted proxy: "https://host:port". */
  own: string;
  /** Origins that the configuration adds. */
  allowed: readonly string[];
}

/**
 * Lets the own origin, an allowed one, and requests without an Origin pass (RFC 6455 section 10.2).
 *
 * @throws PortholeError origin_refused.
 */
export function checkOrigin({ origin, own, allowed }: OriginCheck): void {
  if (origin === null || origin === own || allowed.includes(origin)) return;
  throw new PortholeError("origin_refused", "This page belongs to another site and may not open sources here");
}
