/** The cookie that carries a sign-in: RFC 6265bis. */

interface CookieOptions {
  /** Whether the browser used https. */
  secure: boolean;
}

/**
 * What the cookie is called: over https with the prefix that lets no other host or path set it (RFC 6265bis section
 * 4.1.3.2), which demands Path=/ also under a base path; over plain http no browser takes that prefix.
 */
export function nameCookie({ secure }: CookieOptions): string {
  return secure ? "__Host-porthole" : "porthole";
}

/** The cookie's value of a request, or undefined. */
export function readCookie({ headers }: Request, options: CookieOptions): string | undefined {
  const name = nameCookie(options);
  for (const pair of (headers.get("cookie") ?? "").split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim() || undefined;
  }
}

/** Set-Cookie for a sign-in, or, with an empty value, for its end. */
export function writeCookie(value: string, { secure, maxAgeMs }: CookieOptions & { maxAgeMs: number }): string {
  const maxAge = value === "" ? 0 : Math.floor(maxAgeMs / 1000);
  const end = secure ? "; Secure" : "";
  return `${nameCookie({ secure })}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${end}`;
}
