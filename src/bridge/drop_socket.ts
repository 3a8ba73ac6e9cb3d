/** Ends the TCP connection of a WebSocket, whether the other end answers or not. */

/** What the runtime calls the connection behind a WebSocket. */
const CONNECTION = "[[rid]]";

/**
 * Closes the connection at once, if this runtime has a way to.
 *
 * A WebSocket has no `terminate()`, and after `close()` it waits for the other end for ever. This is the function by
 * which the runtime's own WebSocket closes a connection. It is no promised interface, so it may be missing. A connection
 * that the other end does not read stays while bytes for it are unsent.
 */
export function dropSocket(socket: WebSocket): void {
  const key = Object.getOwnPropertySymbols(socket).find(({ description }) => description === CONNECTION);
  const connection: unknown = key && Reflect.get(socket, key);
  const close: unknown = Reflect.get(Deno, Reflect.get(Deno, "internal"))?.core?.tryClose;
  if (typeof connection === "number" && typeof close === "function") close(connection);
}
