/**
 * The messages of the subprotocol `porthole.v1`: one JSON object in each text frame, beside the RFB bytes in binary
 * frames. The gateway and the viewer page both import this module; it is pure and needs neither Deno nor a DOM.
 *
 * A message is one row in `DOWN` or `UP`, which defines both its type and its parser. The rules of version 1:
 * - Fields and message types may be added. A field never changes its meaning or becomes stricter.
 * - Both sides ignore message types and fields that they do not know, so that a newer peer may say more.
 * - A malformed message of a known type is a `problem`. The gateway ends the session with `viewer_malformed`; the page
 *   ignores the message, since the gateway enforces what matters and its close frame repeats the goodbye.
 */
import * as field from "./fields.ts";

/** The WebSocket subprotocol that carries these messages. */
export const SUBPROTOCOL = "porthole.v1";

/** Longest text frame that either side reads, in UTF-16 units. */
const FRAME_MAX_CHARS = 16 * 1024;
/** Longest user name or password of a VNC server. */
export const CREDENTIAL_MAX_CHARS = 1024;
/** Length of the longest sentence that is shown. */
const SENTENCE_MAX_CHARS = 1024;

const ID_MAX_CHARS = 64;
const TITLE_MAX_CHARS = 256;
const DAY_MS = 24 * 60 * 60_000;
/** A place in one direction of a session; see `SentFrames`. */
const POSITION = field.wholeNumber(0, Number.MAX_SAFE_INTEGER);

/** Messages from the gateway to the page. */
const DOWN = {
  /** First message of an open session, and again when they change: its properties and permissions, all enforced. */
  hello: {
    session: field.text(ID_MAX_CHARS),
    source: field.shownText(TITLE_MAX_CHARS),
    title: field.shownText(TITLE_MAX_CHARS),
    view_only: field.flag,
    /** The direction in which cut text may travel: `in` is up (to the source), `out` is down. */
    clipboard: field.oneOf("both", "in", "out", "none"),
    /** Most bytes of one text, in either direction; a gateway before 0.3 does not say. */
    clipboard_limit: field.optional(field.wholeNumber(0, Number.MAX_SAFE_INTEGER)),
    /** Who logs in to the VNC server: the page (`pass_through`) or the gateway (`login`). */
    mode: field.oneOf("pass_through", "login"),
    /** Security type of the login, or those offered to the page: "VeNCrypt X509Plain". */
    security: field.shownText(SENTENCE_MAX_CHARS),
    /** RFB version spoken with the source: "3.8". */
    version: field.text(ID_MAX_CHARS),
  },
  /** Progress of the session up to the first picture. */
  state: { state: field.oneOf("dialing", "handshake", "open") },
  /** The VNC server does not go on for some seconds: its user may have to accept the viewer. */
  asking: {},
  /** The gateway logs in to the VNC server and needs these from the user. */
  ask: {
    fields: field.listOf(field.oneOf("username", "password"), 2),
    /** Why the previous answer was wrong. */
    message: field.optional(field.shownText(SENTENCE_MAX_CHARS)),
  },
  /** A text that the page sent to the source's clipboard did not reach it, because it is too long. */
  clipboard_dropped: {
    /** Length of the text as it was sent. */
    bytes: field.wholeNumber(0, Number.MAX_SAFE_INTEGER),
    /** Most bytes of one text. */
    limit: field.wholeNumber(0, Number.MAX_SAFE_INTEGER),
  },
  /** Last message of the gateway. The page answers it by closing the WebSocket. */
  goodbye: {
    /** A code of errors.ts; a newer gateway may have others. */
    code: field.text(ID_MAX_CHARS),
    /** Close code of the close frame that follows when the page does not close first. */
    close: field.wholeNumber(1000, 4999),
    message: field.shownText(SENTENCE_MAX_CHARS),
    /** Whether connecting again can succeed without a change. */
    retry: field.flag,
    /** Shortest wait before the next attempt. */
    retry_after_ms: field.optional(field.number(0, DAY_MS)),
  },
  /** Asks for a pong with the same id. */
  ping: { id: field.opaque },
  /** Round trip between gateway and page. */
  rtt: { ms: field.number(0, DAY_MS) },
  /** First message on each WebSocket of a page that acknowledges: how to come back when this WebSocket is lost. */
  resumable: {
    /** Good for the next return, of the same user to the same source. */
    token: field.text(ID_MAX_CHARS),
    /** How long the session waits; 0 if it does not, and the page only acknowledges. */
    hold_ms: field.wholeNumber(0, DAY_MS),
    /** Position up to which the gateway has what the page sent. */
    received: POSITION,
  },
  /** The gateway has what the page sent up to this position. */
  ack: { received: POSITION },
} as const;

/** Messages from the page to the gateway. */
const UP = {
  /** Answers a ping with its id. */
  pong: { id: field.opaque },
  /** Answers `ask`. */
  credentials: {
    username: field.optional(field.text(CREDENTIAL_MAX_CHARS)),
    password: field.optional(field.text(CREDENTIAL_MAX_CHARS)),
  },
  /** First message of a page that acknowledges, on a new session: the gateway's greeting may then leave at once. */
  begin: {},
  /** First message on the WebSocket with which a page comes back. */
  resume: {
    token: field.text(ID_MAX_CHARS),
    /** Position up to which the page has what the gateway sent. */
    received: POSITION,
  },
  /** The page has what the gateway sent up to this position. */
  ack: { received: POSITION },
} as const;

/**
 * Messages that belong to one WebSocket. All others count in the position of their direction, and come again on the next
 * WebSocket; so does every type that may be added, or two versions would count differently.
 */
const UNCOUNTED: ReadonlySet<string> = new Set(["resumable", "begin", "resume", "ack", "ping", "pong", "rtt"]);

type Rows = Readonly<Record<string, field.FieldReaders>>;
type MessageOf<Table extends Rows> = {
  [Type in keyof Table]: { readonly type: Type } & field.ObjectOf<Table[Type]>;
}[keyof Table];

/** A message of the gateway to the page. */
export type DownMessage = MessageOf<typeof DOWN>;
/** A message of the page to the gateway. */
export type UpMessage = MessageOf<typeof UP>;
/** The down message of this type: `Down<"hello">`. */
export type Down<Type extends DownMessage["type"]> = Extract<DownMessage, { type: Type }>;
/** The up message of this type. */
export type Up<Type extends UpMessage["type"]> = Extract<UpMessage, { type: Type }>;

/** The content of a text frame: a message, a problem as a sentence, or neither if the type is unknown. */
export interface Parsed<Message> {
  readonly message?: Message;
  readonly problem?: string;
  /** Whether the frame is one of those that do not count in the position of their direction. */
  readonly isUncounted?: boolean;
}

/** Parses a text frame from the gateway. Never throws. */
export function parseDown(frame: string): Parsed<DownMessage> {
  return parse<DownMessage>(DOWN, frame);
}

/** Parses a text frame from the page. Never throws. */
export function parseUp(frame: string): Parsed<UpMessage> {
  return parse<UpMessage>(UP, frame);
}

/** Whether a message counts in the position of its direction. */
export function isCounted({ type }: DownMessage | UpMessage): boolean {
  return !UNCOUNTED.has(type);
}

/** The message as a text frame. */
export function writeMessage(message: DownMessage | UpMessage): string {
  return JSON.stringify(message);
}

function parse<Message>(table: Rows, frame: string): Parsed<Message> {
  const value = frame.length <= FRAME_MAX_CHARS ? parseObject(frame) : undefined;
  if (typeof value?.type !== "string") return { problem: "A text frame is not a JSON object with a type" };
  const { type } = value;
  if (!Object.hasOwn(table, type)) return {};
  const read = field.readFields(table[type]!, value);
  const counting = UNCOUNTED.has(type) ? { isUncounted: true } : {};
  if ("malformed" in read) {
    return { problem: `The field ${read.malformed} of a ${type} message is malformed`, ...counting };
  }
  return { message: { type, ...read.object } as Message, ...counting };
}

function parseObject(frame: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(frame) ?? undefined;
  } catch {
    return undefined;
  }
}
