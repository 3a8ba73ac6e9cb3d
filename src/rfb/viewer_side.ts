/** The source's side of the RFB handshake, as viewers see it: version 3.8 with None (RFC 6143 section 7). */
import { PortholeError } from "../errors.ts";
import { read, readU8, type Script, u32, u8, write } from "./script.ts";
import { SECURITY_TYPES } from "./security/table.ts";
import { encodeServerInit, type ServerInit } from "./server_init.ts";
import { encodeVersion, parseReply, type SpokenVersion, VERSION_BYTES } from "./version.ts";

const NONE = SECURITY_TYPES.none.code;

/**
 * Agrees on a version, and in 3.8 on security type None. Call `admitViewer` next.
 *
 * @throws {PortholeError} `viewer_malformed`
 */
export function* greetViewer(): Script<SpokenVersion> {
  yield* write(encodeVersion("3.8"));
  const version = parseReply(yield* read(VERSION_BYTES, "the viewer's version"));
  if (!version) {
    throw new PortholeError("viewer_malformed", "The viewer did not answer with an RFB version from 3.3 to 3.8");
  }
  if (version === "3.8") yield* offerNone();
  return version;
}

/**
 * Ends the handshake with success: the rest of the security handshake in the viewer's version, ClientInit, ServerInit.
 * Returns ClientInit's shared-flag.
 *
 * @throws {PortholeError} `viewer_malformed`
 */
export function* admitViewer(version: SpokenVersion, serverInit: ServerInit): Script<boolean> {
  if (version === "3.3") yield* write(u32(NONE));
  if (version === "3.7") yield* offerNone();
  if (version === "3.8") yield* write(u32(0));
  const shared = yield* readU8("the viewer's ClientInit");
  yield* write(encodeServerInit(serverInit));
  return shared !== 0;
}

/** Offers only None, as 3.7 and 3.8 do after the version. @throws {PortholeError} `viewer_malformed` */
export function* offerNone(): Script<void> {
  yield* write(u8(1), u8(NONE));
  const chosen = yield* readU8("the viewer's choice");
  if (chosen !== NONE) {
    throw new PortholeError("viewer_malformed", `The viewer chose security type ${chosen}, not None`);
  }
}
