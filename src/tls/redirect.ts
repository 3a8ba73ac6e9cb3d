/** The `redirect` listener's only answer: the same page over HTTPS. */
import { canonicalName } from "./names.ts";

/** What `createRedirect` needs. */
export interface RedirectOptions {
  /** Everybody is sent to this origin; the request's own host does not matter then. */
  readonly publicUrl?: URL;
  /** Without `publicUrl`: the host names and addresses that may be sent on, `*.` for any one label. */
  readonly names: () => readonly string[];
  /** Port of the HTTPS listener. */
  readonly port: number;
}

/**
 * Makes a handler that answers 308 (RFC 9110 section 15.4.9) to the same path on HTTPS. The host is `publicUrl`'s or one of
 * the gateway's own names, never another one: anything else is answered 421.
 */
export function createRedirect({ publicUrl, names, port }: RedirectOptions): (request: Request) => Response {
  return (request) => {
    const { hostname, pathname, search } = new URL(request.url);
    const authority = publicUrl?.host ?? ownAuthority(hostname, names(), port);
    if (authority === undefined) {
      return new Response("This address is not one of the gateway's own\n", { status: 421 });
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
