/** What trusted proxies say about the browser, in X-Forwarded-* or in Forwarded (RFC 7239). */
import { parse } from "forwarded-parse";
import ipaddr from "ipaddr.js";

/** What the trusted proxies say; a field is undefined where they do not say it, or say nothing usable. */
export interface Forwarded {
  /** The browser's address; that of the last trusted proxy where it names no address. */
  readonly address: string;
  readonly scheme?: "http" | "https" | undefined;
  /** As in a Host header: with the port, unless a proxy dropped it. */
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  /** Path prefix that the proxies removed: "", or "/prefix" without a trailing slash. */
  readonly prefix: string;
}

/** The header that the proxies write. */
type ForwardedSyntax = "x-forwarded" | "forwarded" | "none";

/** The headers of X-Forwarded-* that are read. */
const X_FORWARDED = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port"];

/** The address of a connection over a unix socket. */
export const UNIX = "unix";

/**
 * Which of the two counts: Forwarded only in a request without X-Forwarded-*. Most proxies write X-Forwarded-* and pass
 * on the Forwarded that a browser sent.
 */
function findSyntax(headers: Headers): ForwardedSyntax {
  if (X_FORWARDED.some((name) => headers.has(name))) return "x-forwarded";
  return headers.has("forwarded") ? "forwarded" : "none";
}

/** The names of the headers in this request that a proxy writes. */
export function listForwardedHeaders(headers: Headers): string[] {
  return [...X_FORWARDED, "Forwarded"].filter((name) => headers.has(name));
}

/**
 * Reads what the trusted proxies say, beginning with the one at `direct`. Each proxy appends to the lists, so they are
 * read from the right: what stands to the left of the first address that is not a trusted proxy may be invented.
 */
export function readForwarded(headers: Headers, direct: string, isTrusted: (address: string) => boolean): Forwarded {
  const read = findSyntax(headers) === "forwarded" ? readStandard : readCommon;
  return read(headers, (nodes) => walk(nodes, direct, isTrusted));
}

/** Finds the last hop that a trusted proxy reports: its address, and its place in the lists. */
type Walk = (nodes: readonly (string | undefined)[]) => { readonly address: string; readonly at: number };

function walk(
  nodes: readonly (string | undefined)[],
  direct: string,
  isTrusted: (address: string) => boolean,
): ReturnType<Walk> {
  let address = direct;
  for (const [at, node] of nodes.entries()) {
    if (node === undefined) return { address, at };
    address = node;
    if (!isTrusted(node)) return { address, at };
  }
  return { address, at: Math.max(nodes.length - 1, 0) };
}

/** X-Forwarded-*. Some proxies replace a header instead of appending to it, so that a list may be shorter than another. */
function readCommon(headers: Headers, walkTo: Walk): Forwarded {
  const list = (name: string) => splitList(headers.get(name)).reverse();
  // An empty member counts here: it is a hop that a proxy could not name.
  const hops = (headers.get("x-forwarded-for") ?? "").split(",").reverse();
  const { address, at } = walkTo(hops.map((hop) => readNode(hop.trim())));
  const pick = (name: string) => list(name).slice(0, at + 1).at(-1);
  return {
    address,
    scheme: readScheme(pick("x-forwarded-proto")),
    host: readHost(pick("x-forwarded-host")),
    port: readPort(pick("x-forwarded-port")),
    prefix: readPrefix(list("x-forwarded-prefix").slice(0, at + 1)),
  };
}

/** Forwarded: one element for each proxy. The proxy nearest to the browser knows best. */
function readStandard(headers: Headers, walkTo: Walk): Forwarded {
  const elements = parseForwarded(headers.get("forwarded")).toReversed();
  const { address, at } = walkTo(elements.map((element) => readNode(element.for)));
  const pick = (name: "proto" | "host") => elements.slice(0, at + 1).findLast((element) => element[name])?.[name];
  return {
    address,
    scheme: readScheme(pick("proto")),
    host: readHost(pick("host")),
    prefix: readPrefix(splitList(headers.get("x-forwarded-prefix")).reverse().slice(0, at + 1)),
  };
}

/** The elements of a Forwarded header; none of a malformed one, because nobody can tell who wrote which part. */
function parseForwarded(text: string | null): readonly Readonly<Record<string, string | undefined>>[] {
  try {
    return text === null ? [] : parse(text);
  } catch {
    return [];
  }
}

/** The members of a list (RFC 9110 section 5.6.1), without the empty ones. */
function splitList(text: string | null): string[] {
  return (text ?? "").split(",").map((member) => member.trim()).filter((member) => member !== "");
}

/**
 * The address of a node (RFC 7239 section 6), without its port: `192.0.2.1:80` and `[2001:db8::1]:80` are written in
 * X-Forwarded-For too. Undefined for `unknown`, an obfuscated identifier, and anything else.
 */
function readNode(text: string | undefined): string | undefined {
  const [, bracketed, bare] = /^(?:\[([^\]]+)\](?::\w+)?|([\d.]+)(?::\w+)?)$/.exec(text ?? "") ?? [];
  const address = bracketed ?? bare ?? text ?? "";
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address);
  return isAddress ? ipaddr.process(address).toString() : undefined;
}

/** Traefik writes the scheme of the WebSocket's URL on upgrades. */
function readScheme(text: string | undefined): Forwarded["scheme"] {
  const scheme = text?.toLowerCase();
  if (scheme === "https" || scheme === "wss") return "https";
  return scheme === "http" || scheme === "ws" ? "http" : undefined;
}

function readHost(text: string | undefined): string | undefined {
  const isHost = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.test(text ?? "");
  return isHost && URL.canParse(`http://${text}`) ? text : undefined;
}

function readPort(text: string | undefined): string | undefined {
  return /^\d{1,5}$/.test(text ?? "") && Number(text) >= 1 && Number(text) <= 65_535 ? text : undefined;
}

/** Each proxy appends the prefix that it removed; the last one stands first here. */
function readPrefix(prefixes: readonly string[]): string {
  const parts = prefixes.map((text) => /^((?:\/[\w.~-]+)+)\/?$/.exec(text)?.[1]);
  return parts.includes(undefined) ? "" : parts.reverse().join("");
}
