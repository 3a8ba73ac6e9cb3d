/** URLs, paths, origins and certificate fingerprints. */
import { quote } from "./problem.ts";

/**
 * A base path with a slash at both ends: `vnc`, `/vnc` and `/vnc/` are `/vnc/`.
 * @throws SyntaxError with a sentence.
 */
export function parseBasePath(text: string): string {
  const segments = text.split("/").filter((segment) => segment !== "");
  if (!segments.every((segment) => /^[\w.~-]+$/.test(segment) && !/^\.+$/.test(segment))) {
    throw new SyntaxError(`must be a path such as /vnc/, of letters, digits and - . _ ~, not ${quote(text)}`);
  }
  return segments.length === 0 ? "/" : `/${segments.join("/")}/`;
}

/**
 * The URL that users open, ending in a slash.
 * @throws SyntaxError with a sentence.
 */
export function parsePublicUrl(text: string): URL {
  const url = URL.parse(text);
  const plain = url !== null && /^https?:$/.test(url.protocol) &&
    url.username + url.password + url.search + url.hash === "";
  if (!plain) throw new SyntaxError(`must be a URL such as https://vnc.example.net/`);
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

/**
 * The URL of a service that decides who may sign in: https, or http on this machine.
 * @throws SyntaxError with a sentence.
 */
export function parseProviderUrl(text: string): string {
  const url = URL.parse(text);
  const isLocal = url?.protocol === "http:" && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (!url || (url.protocol !== "https:" && !isLocal) || url.username + url.password + url.hash !== "") {
    throw new SyntaxError("must be a URL that begins with https://");
  }
  return text;
}

/**
 * The URL of a service that receives the audit log: https, or http on this machine.
 * @throws SyntaxError with a sentence.
 */
export function parseSinkUrl(text: string): URL {
  const url = URL.parse(text);
  const isOwn = url?.protocol === "http:" && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  const plain = url !== null && (url.protocol === "https:" || isOwn) && url.username + url.password + url.hash === "";
  if (!plain) throw new SyntaxError("must be a URL that begins with https://, without credentials (use token)");
  return url;
}

/**
 * An origin as browsers send it (RFC 6454 section 6.2): scheme, host and port.
 * @throws SyntaxError with a sentence.
 */
export function parseOrigin(text: string): string {
  const url = URL.parse(text);
  const plain = url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
  if (!plain) throw new SyntaxError(`must be an origin such as https://home.example.net, not ${quote(text)}`);
  return url.origin;
}

/**
 * A SHA-256 fingerprint as 64 lower-case hex digits. A leading `sha256:` and colons are removed.
 * @throws SyntaxError with a sentence.
 */
export function parseFingerprint(text: string): string {
  const hex = text.replace(/^sha-?256[:=/ ]/i, "").replaceAll(":", "").toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new SyntaxError("must be sha256: and 64 hex digits");
  return hex;
}
