/** Cross-site protection: the pages that may open a WebSocket or send an unsafe request. */
import type { Gateway } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import type { Peer } from "./peer.ts";

type Origins = Pick<Gateway, "publicUrl" | "allowedOrigins">;

/**
 * The origins whose pages are accepted: the one that the browser used, from the request or from a trusted proxy; that of
 * `public_url`, which a proxy may not tell; and `allowed_origins`.
 */
export function listOrigins({ origin }: Pick<Peer, "origin">, { publicUrl, allowedOrigins }: Origins): string[] {
  return [...new Set([origin, ...(publicUrl ? [publicUrl.origin] : []), ...allowedOrigins])];
}

/**
 * Accepts these origins, and requests without an Origin header (RFC 6455 section 10.2).
 *
 * @throws PortholeError origin_refused.
 */
export function checkOrigin(origin: string | null, accepted: readonly string[]): void {
  if (origin === null || accepted.includes(origin)) return;
  throw new PortholeError("origin_refused", "This page belongs to another site and may not open sources here");
}
