/** The cookies (RFC 6265bis): one carries a sign-in, the others make the browser known to its users. */
import { parse, serialize } from "hono/utils/cookie";
import { hashToken } from "./opaque_token.ts";

interface CookieOptions {
  /** Whether the browser used https. */
  secure: boolean;
}

/** Most users to whom one browser is known: many proxies refuse requests with more than 8 KB of cookies. */
const MOST_DEVICES = 20;

/** Browsers keep no cookie for longer (RFC 6265bis section 5.5), and Hono writes none that asks for more. */
const MAX_AGE_LIMIT_MS = 400 * 24 * 3_600_000;

/**
 * The cookie's name: over https with the prefix that keeps other hosts and paths from setting it (RFC 6265bis section
 * 4.1.3.2), which demands Path=/ even under a base path. That is also the one path that is right where a proxy removes a
 * path without telling it. Browsers reject the name's prefix over plain http.
 */
function nameCookie({ secure }: CookieOptions, suffix = ""): string {
  return `${secure ? "__Host-" : ""}porthole${suffix}`;
}

const DEVICE = "-device-";

/** A browser may be known to several users: each has a cookie of their own. */
function nameDevice(user: string): string {
  return `${DEVICE}${hashToken(user).slice(0, 12)}`;
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

/** The value by which this browser is known to a user. */
export function readDeviceCookie({ headers }: Request, user: string, options: CookieOptions): string | undefined {
  const name = nameCookie(options, nameDevice(user));
  return parse(headers.get("cookie") ?? "", name)[name] || undefined;
}

/**
 * The Set-Cookie headers that make this browser known to a user. On a machine that many users share, the cookies that
 * were set first are removed. Only the form on the sign-in page needs these cookies.
 */
export function writeDeviceCookies(
  value: string,
  user: string,
  { headers }: Request,
  { secure, maxAgeMs }: CookieOptions & { maxAgeMs: number },
): string[] {
  const write = (name: string, value: string, maxAge: number) =>
    serialize(name, value, { path: "/", maxAge, httpOnly: true, secure, sameSite: "Strict" });
  const own = nameCookie({ secure }, nameDevice(user));
  const others = Object.keys(parse(headers.get("cookie") ?? ""))
    .filter((name) => name.startsWith(nameCookie({ secure }, DEVICE)) && name !== own);
  const surplus = others.slice(0, Math.max(0, others.length + 1 - MOST_DEVICES));
  return [write(own, value, maxAgeMs / 1000), ...surplus.map((name) => write(name, "", 0))];
}
