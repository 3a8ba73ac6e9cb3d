/** The server's side of the RFB handshake. */
import { PortholeError } from "../errors.ts";
import type { ByteReader } from "./byte_reader.ts";
import { DESKTOP_FORMAT, formatToBytes } from "./pixel_format.ts";
import { answerChallenge, CHALLENGE_BYTES } from "./vnc_auth.ts";

/** An RFB version (RFC 6143 section 7.1.1). */
export type RfbVersion = "3.3" | "3.7" | "3.8";

/** A stage of a connection, named after the last message that was read or sent. */
export type Stage = "version" | "security" | "init" | "open";

/** An event of the handshake, for observers. */
export type HandshakeEvent =
  | { readonly type: "ProtocolVersion"; readonly version: RfbVersion }
  | { readonly type: "SecurityType"; readonly securityType: number }
  | { readonly type: "ClientInit"; readonly shared: boolean };

/** Parts of the handshake: reader and writer, the offer, and observers. */
export interface HandshakeParts {
  readonly reader: ByteReader;
  write(bytes: Uint8Array): Promise<void>;
  /** The highest version offered. */
  readonly version: RfbVersion;
  /** With a password the server asks for VNC Authentication (RFC 6143 section 7.2.2), without one it offers None. */
  readonly password: string | undefined;
  /** Called with each event. */
  observe(event: HandshakeEvent): void;
  /** Awaited at each stage before the next byte is sent. */
  reach(stage: Stage): Promise<void>;
}

const NONE = 1;
const VNC_AUTHENTICATION = 2;
const text = new TextEncoder();

/**
 * Carries out the handshake from ProtocolVersion to ClientInit (RFC 6143 sections 7.1 to 7.3.1).
 * @throws {PortholeError} `viewer_malformed`, or `vnc_login_failed` for a wrong password.
 */
export async function greetViewer(parts: HandshakeParts): Promise<void> {
  const version = await agreeOnVersion(parts);
  await parts.reach("version");
  const securityType = parts.password === undefined ? NONE : VNC_AUTHENTICATION;
  await agreeOnSecurity(parts, version, securityType);
  parts.observe({ type: "SecurityType", securityType });
  const passed = parts.password === undefined || await checkPassword(parts, parts.password);
  await parts.reach("security");
  await sendSecurityResult(parts, version, passed);
  const shared = (await parts.reader.view(1)).getUint8(0) !== 0;
  parts.observe({ type: "ClientInit", shared });
  await parts.reach("init");
}

async function agreeOnVersion({ reader, write, version, observe }: HandshakeParts): Promise<RfbVersion> {
  await write(text.encode(`RFB 00${version.replace(".", ".00")}\n`));
  const answer = new TextDecoder().decode(await reader.read(12));
  const minor = /^RFB 003\.00([3578])\n$/.exec(answer)?.[1];
  if (minor === undefined) {
    throw new PortholeError("viewer_malformed", "The viewer did not answer with an RFB version from 3.3 to 3.8");
  }
  // Some viewers say 3.5 and mean 3.3 (RFC 6143 section 7.1.1).
  const agreed = minor === "8" ? "3.8" : minor === "7" ? "3.7" : "3.3";
  if (agreed > version) {
    throw new PortholeError(
      "viewer_malformed",
      `The viewer asked for RFB ${agreed}, a higher version than the server offered`,
    );
  }
  observe({ type: "ProtocolVersion", version: agreed });
  return agreed;
}

async function agreeOnSecurity({ reader, write }: HandshakeParts, version: RfbVersion, offered: number): Promise<void> {
  if (version === "3.3") return await write(Uint8Array.of(0, 0, 0, offered));
  await write(Uint8Array.of(1, offered));
  const chosen = (await reader.view(1)).getUint8(0);
  if (chosen !== offered) throw new PortholeError("viewer_malformed", `Security type ${chosen} was not offered`);
}

async function checkPassword({ reader, write }: HandshakeParts, password: string): Promise<boolean> {
  const challenge = crypto.getRandomValues(new Uint8Array(CHALLENGE_BYTES));
  await write(challenge);
  const answer = await reader.read(CHALLENGE_BYTES);
  return answerChallenge(password, challenge).every((byte, i) => byte === answer[i]);
}

/** Sends SecurityResult. Before 3.8, None has no SecurityResult and a failure has no reason (RFC 6143 appendix A). */
async function sendSecurityResult(parts: HandshakeParts, version: RfbVersion, passed: boolean): Promise<void> {
  if (version !== "3.8" && parts.password === undefined) return;
  await parts.write(Uint8Array.of(0, 0, 0, passed ? 0 : 1));
  if (passed) return;
  if (version === "3.8") await parts.write(withLength(text.encode("Wrong password")));
  throw new PortholeError("vnc_login_failed", "Cannot log in: wrong password");
}

/** Builds ServerInit (RFC 6143 section 7.3.2); width and height are in pixels. */
export function buildServerInit(width: number, height: number, name: string): Uint8Array<ArrayBuffer> {
  const title = withLength(text.encode(name));
  const bytes = new Uint8Array(20 + title.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, width);
  view.setUint16(2, height);
  bytes.set(formatToBytes(DESKTOP_FORMAT), 4);
  bytes.set(title, 20);
  return bytes;
}

/** Prefixes the bytes with their length as U32, as RFB sends texts. */
export function withLength(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(4 + bytes.length);
  new DataView(whole.buffer).setUint32(0, bytes.length);
  whole.set(bytes, 4);
  return whole;
}
