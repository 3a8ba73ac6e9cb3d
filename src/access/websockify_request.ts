/** WebSocket handshakes that are addressed as websockify is: a token in the query, and no meaning in the path. */

/** The address of a session by its source's name. There, a token in the query means nothing. */
const NAMED = /\/ws\/vnc\/[^/]+$/;

/** Whether a request is addressed as websockify is: by a token on any path, or on a path that ends in `/websockify`. */
export function isForWebsockify(request: Request): boolean {
  if (request.method !== "GET" || !isHandshake(request.headers)) return false;
  const { pathname } = new URL(request.url);
  if (NAMED.test(pathname)) return false;
  return /\/websockify\/?$/.test(pathname) || readWebsockifyToken(request) !== undefined;
}

/** A proxy may have dropped Upgrade; only WebSocket clients send Sec-WebSocket-Key. */
function isHandshake(headers: Headers): boolean {
  return headers.get("upgrade")?.toLowerCase() === "websocket" || headers.has("sec-websocket-key");
}

/** The first token in the query that is not empty, without line feeds at its end, as websockify reads it. */
export function readWebsockifyToken(request: Request): string | undefined {
  const { searchParams } = new URL(request.url);
  return searchParams.getAll("token").find((token) => token !== "")?.replace(/\n+$/, "");
}
