/** Programs' tokens: `Authorization: Bearer` (RFC 6750), and a subprotocol where a browser cannot set headers. */

/** Begins the subprotocol that carries a token on a WebSocket; what follows is the token. */
export const TOKEN_PROTOCOL = "porthole.token.";

/** The token that a request carries, or undefined. */
export function readToken({ headers }: Request): string | undefined {
  const bearer = /^Bearer +([^\s,]+) *$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (bearer !== undefined) return bearer;
  const offered = (headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
  return offered.find((name) => name.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length);
}
