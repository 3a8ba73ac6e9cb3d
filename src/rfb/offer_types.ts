/** The source's side of the handshake up to the security types, when a browser is to carry out the rest. */
import { PortholeError } from "../errors.ts";
import { concat, read, type Script, u32, u8, write } from "./script.ts";
import { encodeVersion, type SpokenVersion, VERSION_BYTES } from "./version.ts";

/**
 * Shows the viewer the version that is spoken with the source, and the types; what the viewer chooses is left unread.
 *
 * @throws PortholeError viewer_malformed when it wants another version: the source has been answered already.
 */
export function* offerTypes(version: SpokenVersion, types: readonly number[]): Script<void> {
  const expected = encodeVersion(version);
  yield* write(expected);
  const reply = yield* read(VERSION_BYTES, "the viewer's version");
  if (String.fromCharCode(...reply) !== String.fromCharCode(...expected)) {
    throw new PortholeError("viewer_malformed", `The viewer did not agree to RFB ${version}`);
  }
  if (version === "3.3") yield* write(u32(types[0] ?? 0));
  else yield* write(concat([u8(types.length), Uint8Array.from(types)]));
}
