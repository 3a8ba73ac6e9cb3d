/**
 * The text frames of the `porthole.v1` subprotocol: one JSON object each, beside the RFB bytes.
 * What comes from the network is checked here; the rest of the page works with these types.
 */

/** Which way cut text may travel: `in` is up (this page to the source), `out` is down. */
export type Clipboard = "both" | "in" | "out" | "none";

/** First message of a session: who and what this is. */
export interface Hello {
  readonly type: "hello";
  readonly session: string;
  readonly title: string;
  readonly viewOnly: boolean;
  readonly clipboard: Clipboard;
}

/** How far the gateway is. */
export interface State {
  readonly type: "state";
  readonly state: "dialing" | "handshake" | "open";
}

/** The gateway logs in to the VNC server and needs these from the person. */
export interface Ask {
  readonly type: "ask";
  readonly fields: readonly ("username" | "password")[];
  readonly security: string;
  readonly message?: string;
}

/** Last words of the gateway; the page answers by closing. */
export interface Goodbye {
  readonly type: "goodbye";
  readonly code: string;
  readonly close: number;
  readonly message: string;
  readonly retry: boolean;
  readonly retryAfterMs?: number;
}

/** Everything the gateway may say that this page understands. */
export type GatewayMessage =
  | Hello
  | State
  | Ask
  | Goodbye
  | { readonly type: "ping"; readonly id: unknown }
  | { readonly type: "rtt"; readonly ms: number };

/** What this page says to the gateway. */
export type PageMessage =
  | { readonly type: "pong"; readonly id: unknown }
  | { readonly type: "credentials"; readonly username?: string; readonly password: string };

type Fields = Readonly<Record<string, unknown>>;

const parsers: ReadonlyMap<unknown, (fields: Fields) => GatewayMessage | null> = new Map([
  ["hello", parseHello],
  ["state", parseState],
  ["ask", parseAsk],
  ["goodbye", parseGoodbye],
  ["ping", (fields: Fields): GatewayMessage => ({ type: "ping", id: fields.id })],
  ["rtt", parseRtt],
]);

/** One text frame as a message; null for what this page does not know, so that a newer gateway may say more. */
export function parseGatewayMessage(text: string): GatewayMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const fields = value as Fields;
  return parsers.get(fields.type)?.(fields) ?? null;
}

function parseHello(fields: Fields): Hello {
  return {
    type: "hello",
    session: readText(fields.session),
    title: readText(fields.title),
    viewOnly: fields.view_only === true,
    clipboard: isClipboard(fields.clipboard) ? fields.clipboard : "both",
  };
}

function parseState({ state }: Fields): State | null {
  return state === "dialing" || state === "handshake" || state === "open" ? { type: "state", state } : null;
}

function parseAsk(fields: Fields): Ask {
  const asked = Array.isArray(fields.fields) ? fields.fields : [];
  return {
    type: "ask",
    fields: asked.includes("username") ? ["username", "password"] : ["password"],
    security: readText(fields.security),
    ...(typeof fields.message === "string" ? { message: fields.message } : {}),
  };
}

function parseGoodbye(fields: Fields): Goodbye {
  return {
    type: "goodbye",
    code: readText(fields.code),
    close: typeof fields.close === "number" ? fields.close : 1005,
    message: readText(fields.message),
    retry: fields.retry === true,
    ...(typeof fields.retry_after_ms === "number" ? { retryAfterMs: fields.retry_after_ms } : {}),
  };
}

function parseRtt({ ms }: Fields): GatewayMessage | null {
  return typeof ms === "number" && Number.isFinite(ms) ? { type: "rtt", ms } : null;
}

function isClipboard(value: unknown): value is Clipboard {
  return value === "both" || value === "in" || value === "out" || value === "none";
}

function readText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
