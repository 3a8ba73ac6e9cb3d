/** The guard of WebSocket routes: passes handshakes on, and recognizes those that a proxy has spoiled. */
import type { Context, MiddlewareHandler } from "hono";
import { PortholeError } from "../errors.ts";
import type { Env } from "./env.ts";
import { readLoggedPath } from "./logged_path.ts";

/** Passes WebSocket handshakes on (RFC 6455 section 4.2.1). */
export const requireUpgrade: MiddlewareHandler<Env> = async (c, next) => {
  const missing = listMissing(c);
  if (missing.length > 0) {
    c.header("Upgrade", "websocket");
    throw refuse(c, missing.join(" and "));
  }
  // The runtime accepts every version. RFC 6455 section 4.4 asks for this answer to all but 13.
  if (c.req.header("sec-websocket-version") !== "13") {
    c.header("Sec-WebSocket-Version", "13");
    throw new PortholeError("upgrade_required", "This gateway only supports version 13 of the WebSocket protocol");
  }
  await next();
};

/** The headers of a handshake that are not there. A proxy drops both unless told otherwise (RFC 9110 section 7.6.1). */
function listMissing(c: Context<Env>): string[] {
  const has = (name: string, token: string) =>
    (c.req.header(name) ?? "").split(",").some((part) => part.trim().toLowerCase() === token);
  return [
    ...(has("upgrade", "websocket") ? [] : ["Upgrade: websocket"]),
    ...(has("connection", "upgrade") ? [] : ["Connection: Upgrade"]),
  ];
}

/** Only a WebSocket client sends Sec-WebSocket-Key: without the rest of the handshake, something in between took it. */
function refuse(c: Context<Env>, missing: string): PortholeError {
  if (c.req.header("sec-websocket-key") === undefined) {
    return new PortholeError("upgrade_required", "This address only accepts WebSockets: open /site/vnc/NAME instead");
  }
  const fault = "The proxy in front does not pass WebSockets on";
  c.var.telemetry.warnRarely(fault, c.var.peer.via, { missing, path: readLoggedPath(c) });
  return new PortholeError("upgrade_required", `${fault}: the request arrived without ${missing}`);
}
