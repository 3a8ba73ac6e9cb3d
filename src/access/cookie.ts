/** The cookie that carries a sign-in (RFC 6265bis). */
import { parse, serialize } from "hono/utils/cookie";

interface CookieOptions {
  /** Whether the browser used https. */
  secure: boolean;
}

/** Browsers keep no cookie for longer (RFC 6265bis section 5.5), and Hono writes none that asks for more. */
const MAX_AGE_LIMIT_MS = 400 * 24 * 3_600_000;

/**
 * The cookie's name: over https with the prefix that keeps other hosts and paths from setting it (RFC 6265bis section
 * 4.1.3.2), which demands Path=/ even under a base path. That is also the one path that is right where a proxy removes a
 * path without telling it. Browsers reject the name's prefix over plain http.
 */
function nameCookie({ secure }: CookieOptions): string {
  return secure ? "__Host-porthole" : "porthole";
}

/** The cookie's value in a request; undefined when there is none or the header is malformed. */
export function readCookie({ headers }: Request, options: CookieOptions): string | undefined {
  const name = nameCookie(options);
  return parse(headers.get("cookie") ?? "", name)[name] || undefined;
}

/** The Set-Cookie header that begins a sign-in; an empty value ends it. */
export function writeCookie(value: string, { secure, maxAgeMs }: CookieOptions & { maxAgeMs: number }): string {
  return serialize(nameCookie({ secure }), value, {
    path: "/",
    maxAge: value === "" ? 0 : Math.floor(Math.min(maxAgeMs, MAX_AGE_LIMIT_MS) / 1000),
    httpOnly: true,
    secure,
    sameSite: "Lax",
  });
}
