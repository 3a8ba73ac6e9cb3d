/** Cross-site protection: the pages that may open a WebSocket or send an unsafe request. */
import { PortholeError } from "../errors.ts";

interface OriginCheck {
  /** The Origin header; null when there is none, as in requests of programs. */
  origin: string | null;
  /** The origin that the browser used, from the request or from a trusted proxy: "https://host:port". */
  own: string;
  /** `allowed_origins` of the configuration. */
  allowed: readonly string[];
}

/**
 * Accepts the own origin, allowed origins, and requests without an Origin (RFC 6455 section 10.2).
 *
 * @throws PortholeError origin_refused.
 */
export function checkOrigin({ origin, own, allowed }: OriginCheck): void {
  if (origin === null || origin === own || allowed.includes(origin)) return;
  throw new PortholeError("origin_refused", "This page belongs to another site and may not open sources here");
}
