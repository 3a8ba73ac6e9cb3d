/** For the administrator: why a request was refused for its Origin or Host, and what would let it pass. */
import type { Gateway } from "../config/config.ts";
import { listForwardedHeaders } from "./forwarded.ts";
import { listOrigins } from "./origin.ts";
import type { Peer } from "./peer.ts";

/** What came, what was expected, and what is probably missing. The request wrote part of it: only the log shows it. */
export interface RefusalCause {
  readonly came: string;
  readonly expected: string;
  readonly hint: string;
}

type Expected = Pick<Gateway, "publicUrl" | "allowedOrigins" | "allowedHosts">;

/** A longer text of a request is cut. */
const MOST_CHARS = 200;

/** Explains a refused Origin. */
export function explainOrigin({ headers }: Request, peer: Peer, gateway: Expected): RefusalCause {
  const origin = headers.get("origin");
  const expected = listOrigins(peer, gateway).join(" or ");
  if (origin === null) {
    return { came: "no Origin", expected, hint: "a program must send a token instead of a cookie" };
  }
  const came = cut(`Origin ${origin}`);
  if (origin === "null") return { came, expected, hint: HIDDEN };
  const [theirs, own] = [URL.parse(origin), new URL(peer.origin)];
  const differs = { scheme: theirs?.protocol !== own.protocol, host: theirs?.host !== own.host };
  const fault = findProxyFault(headers, peer, differs);
  if (fault === undefined) return { came, expected, hint: FOREIGN };
  // A page of this host is the gateway's own; one of another host may be, too.
  return { came, expected, hint: differs.host ? `${fault}; ${FOREIGN}` : fault };
}

const FOREIGN =
  "if this is an address of the gateway, set public_url to it; if it is another site that may open sources, " +
  "add it to allowed_origins";
const HIDDEN = "the page hides its origin: it is in a sandboxed frame, or a proxy sets Referrer-Policy";

/** Explains a refused Host. */
export function explainHost({ headers }: Request, peer: Peer, gateway: Expected): RefusalCause {
  const { publicUrl, allowedHosts } = gateway;
  const names = [...(publicUrl ? [publicUrl.hostname] : []), ...allowedHosts];
  return {
    came: cut(`Host ${new URL(peer.origin).host}`),
    expected: ["an IP address", "a name of the local network", ...names].join(" or "),
    hint: findProxyFault(headers, peer, { scheme: false, host: headers.has("x-forwarded-host") }) ??
      "if this is a name of the gateway, add it as public_url or to allowed_hosts; if not, it may be DNS rebinding",
  };
}

/** What a proxy in front does wrong, given what differs; undefined where nothing points to one. */
function findProxyFault(headers: Headers, peer: Peer, differs: { scheme: boolean; host: boolean }): string | undefined {
  const { via, address, proxied, told } = peer;
  const sent = listForwardedHeaders(headers);
  if (!differs.scheme && !differs.host || sent.length === 0 && !proxied) return undefined;
  if (!proxied) return `${via} sent ${sent.join(", ")} but is not in trusted_proxies`;
  const missing = [
    ...(differs.scheme && told?.scheme === undefined ? ["X-Forwarded-Proto"] : []),
    ...(differs.host && told?.host === undefined ? ["X-Forwarded-Host"] : []),
  ];
  if (missing.length > 0) return `came through ${via} without a usable ${missing.join(" and ")}`;
  const isList = sent.some((name) => headers.get(name)?.includes(","));
  return isList ? `came through ${address}, which is not in trusted_proxies` : undefined;
}

function cut(text: string): string {
  return text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}…` : text;
}
