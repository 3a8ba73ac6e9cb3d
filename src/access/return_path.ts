/** Where the browser goes after signing in: back to the page that it asked for, never to another site. */

/** The base that a path must not leave. */
const HERE = "http://here.invalid";

/**
 * The path with its query, below the base path; "/" for any other text: an address with a host (`//host`,
 * `/\host`), control characters, another scheme.
 */
export function readReturnPath(text: string | null | undefined): string {
  // deno-lint-ignore no-control-regex
  if (!text || text.length > 2048 || !/^\/(?![/\\])/.test(text) || /[\\\u0000-\u0020\u007f]/.test(text)) return "/";
  const url = URL.parse(text, HERE);
  if (!url || url.origin !== HERE || url.pathname.startsWith("//")) return "/";
  return url.pathname + url.search;
}
