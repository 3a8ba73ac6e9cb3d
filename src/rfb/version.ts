/** ProtocolVersion (RFC 6143 section 7.1.1). */
import { LoginRefused } from "./refusal.ts";
import { concat, Overdue, read, type Script, StreamEnded } from "./script.ts";

/** The RFB versions that the gateway speaks. */
export type SpokenVersion = "3.3" | "3.7" | "3.8";

/** The version that a source announced, and the one to speak with it. */
export interface Version {
  readonly spoken: SpokenVersion;
  /** ProtocolVersion as the server sent it, without the line end: "RFB 003.889". */
  readonly announced: string;
}

/** Bytes of a ProtocolVersion message. */
export const VERSION_BYTES = 12;

/** The ProtocolVersion message that asks for `spoken`. */
export function encodeVersion(spoken: SpokenVersion): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`RFB 003.00${spoken.at(-1)}\n`);
}

/**
 * The version to speak with a source that sent these 12 bytes: never a higher one than announced. 3.889 (Apple), 4.x
 * and 5.x (RealVNC, AMT) are answered with 3.8.
 *
 * @throws {LoginRefused} `malformed` for anything that is not a VNC server; the sentence names what it seems to be.
 */
function parseVersion(bytes: Uint8Array): Version {
  const text = decodeLatin1(bytes);
  const match = /^RFB (\d{3})\.(\d{3})\n$/.exec(text);
  if (!match) throw refuseStranger(text);
  const [major, minor] = [Number(match[1]), Number(match[2])];
  if (major === 0 && minor === 0) throw refuseRepeater();
  return { spoken: chooseVersion(major, minor), announced: text.trimEnd() };
}

/** Reads and parses the ProtocolVersion of a source. @throws {LoginRefused} */
export function* readVersion(): Script<Version> {
  try {
    const head = yield* read(PREFIX.length, "its version");
    // The banner of another kind of server may be shorter than 12 bytes, with nothing after it.
    if (decodeLatin1(head) !== PREFIX) throw refuseStranger(decodeLatin1(head));
    return parseVersion(concat([head, yield* read(VERSION_BYTES - PREFIX.length, "its version")]));
  } catch (error) {
    if (error instanceof StreamEnded) throw new LoginRefused("ended", ENDED_AT_ONCE, { cause: error });
    if (error instanceof Overdue) throw new LoginRefused("overdue", SILENT, { cause: error });
    throw error;
  }
}

const PREFIX = "RFB ";

function decodeLatin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

const ENDED_AT_ONCE = "the server closed the connection at once";
const SILENT = "the server sent nothing; it may not be a VNC server, or it may expect TLS from the first byte";

function chooseVersion(major: number, minor: number): SpokenVersion {
  if (major > 3 || major === 3 && minor >= 8) return "3.8";
  return major === 3 && minor === 7 ? "3.7" : "3.3";
}

function refuseRepeater(): LoginRefused {
  return new LoginRefused("malformed", "that is an UltraVNC repeater, which asks for an ID that Porthole cannot send");
}

/** Servers of other kinds by the first bytes that they send. */
const strangers: readonly (readonly [RegExp, string])[] = [
  [/^HTTP|^</, "that is a web server, not a VNC server"],
  [/^SSH-/, "that is an SSH server, not a VNC server"],
  [/^(220|\* OK|\+OK)/, "that is a mail or file server, not a VNC server"],
  [/^RFB /, "the server's version is malformed"],
];

/** The bytes stay in the cause: they may tell more about the network than a viewer should see. */
function refuseStranger(text: string): LoginRefused {
  const state = strangers.find(([pattern]) => pattern.test(text))?.[1] ?? "that is not a VNC server";
  return new LoginRefused("malformed", state, { cause: new Error(`it began with ${JSON.stringify(text)}`) });
}

/** The version that a viewer's 12 bytes ask for; undefined when they are not a version. Some send 3.5 and mean 3.3. */
export function parseReply(bytes: Uint8Array): SpokenVersion | undefined {
  const match = /^RFB 003\.00([3578])\n$/.exec(decodeLatin1(bytes));
  if (!match) return undefined;
  if (match[1] === "8") return "3.8";
  return match[1] === "7" ? "3.7" : "3.3";
}
