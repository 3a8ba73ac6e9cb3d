/** The `redirect` listener: sends every request to HTTPS. */
import { canonicalName } from "./names.ts";

/** Options of `createRedirect()`. */
export interface RedirectOptions {
  /** The origin to which every request is redirected, regardless of its host. */
  readonly publicUrl?: URL;
  /** Without `publicUrl`: the host names and addresses that are redirected; `*.` matches any single label. */
  readonly names: () => readonly string[];
  /** Port of the HTTPS listener. */
  readonly port: number;
}

/**
 * Makes a handler that answers 308 (RFC 9110 section 15.4.9) with the same path on HTTPS. A request for a host that is
 * neither `publicUrl`'s nor one of the gateway's own names gets 421: it must not be redirected elsewhere.
 */
export function createRedirect({ publicUrl, names, port }: RedirectOptions): (request: Request) => Response {
  return (request) => {
    const url = URL.parse(request.url);
    if (!url) return new Response("The Host header is not valid\n", { status: 400 });
    const { hostname, pathname, search } = url;
    const authority = publicUrl?.host ?? ownAuthority(hostname, names(), port);
    if (authority === undefined) {
      return new Response("This host name does not belong to the gateway\n", { status: 421 });
    }
    return new Response(null, {
      status: 308,
      headers: { location: `https://${authority}${pathname}${search}`, "cache-control": "no-store" },
    });
  };
}

function ownAuthority(hostname: string, names: readonly string[], port: number): string | undefined {
  const host = canonicalName(hostname);
  if (host === undefined || !names.some((name) => covers(name, host))) return undefined;
  return (host.includes(":") ? `[${host}]` : host) + (port === 443 ? "" : `:${port}`);
}

function covers(name: string, host: string): boolean {
  if (name.startsWith("*.")) return host.slice(host.indexOf(".")) === name.slice(1).toLowerCase();
  return canonicalName(name) === host;
}
