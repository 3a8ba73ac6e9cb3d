/** Why there is no picture, in a sentence: faults of the VNC server that only noVNC sees. Pure. */
import { nameEncoding } from "../rfb/encodings.ts";
import { nameServerMessage } from "../rfb/server_messages.ts";

/** A fault, and whether another try can help. */
export interface Fault {
  /** A whole sentence, or two. */
  readonly sentence: string;
  readonly retry: boolean;
}

/** What noVNC knows of the connection; see tolerant_rfb.ts. */
export interface FaultyConnection {
  /** noVNC's own words. */
  readonly fault?: string | undefined;
  readonly serverBits?: number | undefined;
  readonly hasPicture?: boolean | undefined;
  readonly isMidFirstUpdate: boolean;
}

const FULL_BITS = 32;

/** The fault at which noVNC gave up. Another try can help only if a picture was decoded before. */
export function explainFault(connection: FaultyConnection): Fault {
  const { fault = "no reason is known", hasPicture = false } = connection;
  const message = /^Unexpected server message \(type (\d+)\)$/.exec(fault)?.[1];
  const encoding = /^Unsupported encoding \(encoding: (-?\d+)\)$/.exec(fault)?.[1];
  const decoding = /^Error decoding rect: (.*)$/s.exec(fault)?.[1];
  if (message) return describe(`a message that this page cannot handle: ${nameServerMessage(+message)}`, connection);
  if (encoding) return describe(`an encoding that this page did not ask for: ${nameEncoding(+encoding)}`, connection);
  if (decoding) {
    return { ...describe(`a picture that this page cannot decode: ${decoding}`, connection), retry: hasPicture };
  }
  return describe(`data that this page cannot parse: ${fault}`, connection);
}

/**
 * The fault of a server that was asked for 32 bits per pixel and keeps to the fewer of its own: it has sent its picture,
 * and noVNC waits for the rest. Undefined if the pause means nothing.
 */
export function explainStall({ serverBits = FULL_BITS, isMidFirstUpdate }: FaultyConnection): Fault | undefined {
  if (!isMidFirstUpdate || serverBits >= FULL_BITS) return undefined;
  return { sentence: `There is no picture: ${describeBits(serverBits)}`, retry: false };
}

function describe(what: string, { serverBits = FULL_BITS, hasPicture = false }: FaultyConnection): Fault {
  const sent = `The VNC server sent ${what}.`;
  const mayKeepBits = !hasPicture && serverBits < FULL_BITS;
  return { sentence: mayKeepBits ? `${sent} Perhaps ${describeBits(serverBits)}` : sent, retry: false };
}

function describeBits(bits: number): string {
  return `the VNC server insists on ${bits} bits per pixel, although this page asked for ${FULL_BITS}. Set its colour depth ` +
    "to 24.";
}
