/** Addresses of sources and listeners. */
import { isIP } from "node:net";
import type { Address } from "./config.ts";
import { quote } from "./problem.ts";

/** The port of display 0; display N is port 5900 + N (RFC 6143 section 5). */
export const FIRST_VNC_PORT = 5900;

/** A port below this is a display number, as in VNC viewers. */
const DISPLAY_COUNT = 100;

/**
 * The address of a source: `HOST[:PORT]` with IPv6 in brackets, or `unix:PATH`. A port below 100 is a display.
 * @throws SyntaxError with a sentence.
 */
export function parseTarget(text: string): Address {
  const address = parseAddress(text, FIRST_VNC_PORT);
  if (address.kind === "unix" || address.port >= DISPLAY_COUNT) return address;
  return { ...address, port: FIRST_VNC_PORT + address.port };
}

/**
 * The address of a listener: `HOST[:PORT]` with IPv6 in brackets, or `unix:PATH`. Port 0 is any free port.
 * @throws SyntaxError with a sentence.
 */
export function parseListener(text: string, defaultPort: number): Address {
  if (/^:?\d{1,5}$/.test(text)) {
    const port = text.replace(":", "");
    throw new SyntaxError(`must name a host: 127.0.0.1:${port} for this machine, 0.0.0.0:${port} for every network`);
  }
  return parseAddress(text, defaultPort);
}

/**
 * A host name or an IP address without a port. Brackets around IPv6 are removed.
 * @throws SyntaxError with a sentence.
 */
export function parseHost(text: string): string {
  const host = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (host === "") throw new SyntaxError("must name a host");
  const kind = isIP(host);
  if (kind === 6 || (kind === 4 && host === text)) return host;
  if (host.includes(":") || host !== text) {
    throw new SyntaxError(`must be a host name or an IP address, not ${quote(text)}`);
  }
  if (/^[\d.]+$/.test(host)) throw new SyntaxError(`must be an IPv4 address of four numbers, not ${quote(text)}`);
  if (host.length > 253 || !/^[\p{L}\p{N}_]([\p{L}\p{N}\p{M}_.-]*[\p{L}\p{N}\p{M}_.])?$/u.test(host)) {
    throw new SyntaxError(`must be a host name or an IP address, not ${quote(text)}`);
  }
  return host;
}

/**
 * A port number in digits.
 * @throws SyntaxError with a sentence.
 */
export function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new SyntaxError(`must have a port from 0 to 65535, not ${quote(text)}`);
  }
  return Number(text);
}

function parseAddress(text: string, defaultPort: number): Address {
  if (text.startsWith("unix:")) return parseUnixSocket(text.slice("unix:".length));
  if (/^\w+:\/\//.test(text)) throw new SyntaxError(`must be HOST:PORT without a scheme, not ${quote(text)}`);
  if (isIP(text) === 6) throw new SyntaxError(`must have the IPv6 address in brackets: "[${text}]"`);
  const [, host, port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(text) ?? [];
  if (host === undefined) throw new SyntaxError(`must be HOST:PORT, with IPv6 in brackets, not ${quote(text)}`);
  return { kind: "tcp", hostname: parseHost(host), port: port === undefined ? defaultPort : parsePort(port) };
}

function parseUnixSocket(path: string): Address {
  if (path === "" || path.includes("\0")) throw new SyntaxError("must name the path of a unix socket");
  return { kind: "unix", path };
}
