/** Security type 16, Tight (rfbproto, "Tight Security Type"), without tunnels. */
import { LoginRefused } from "../refusal.ts";
import { read, readU16, readU32, type Script, u32, write } from "../script.ts";

/** S32 code, 4 bytes of vendor, 8 of signature. */
const CAPABILITY_BYTES = 16;
const CAP_CAPABILITIES = 256;
const NO_TUNNEL = 0;
/** TightVNC announces a few dozen capabilities at most. */
const CAP_SERVER_INIT_CAPABILITIES = 1024;

/** Refuses tunnels and reads the codes of the authentication capabilities. @throws {LoginRefused} */
export function* readTightLogins(): Script<number[]> {
  const tunnels = yield* readCapabilities("its Tight tunnels");
  if (tunnels.length > 0) yield* write(u32(NO_TUNNEL));
  return yield* readCapabilities("its Tight logins");
}

/** U32 count, then that many capabilities; only their codes matter. */
function* readCapabilities(what: string): Script<number[]> {
  const count = yield* readU32(what);
  if (count > CAP_CAPABILITIES) throw new LoginRefused("malformed", `the server announces ${count} of ${what}`);
  const list = yield* read(count * CAPABILITY_BYTES, what);
  const view = new DataView(list.buffer, list.byteOffset, list.length);
  return Array.from({ length: count }, (_, at) => view.getInt32(at * CAPABILITY_BYTES));
}

/**
 * Reads and drops the capabilities after ServerInit (rfbproto, "ServerInit"): three U16 counts, two bytes of padding,
 * and the capabilities. They must not reach a viewer that was offered None.
 *
 * @throws {LoginRefused} `malformed` if more are announced than any server has.
 */
export function* skipTightCapabilities(): Script<void> {
  const what = "its Tight capabilities";
  const counts = [yield* readU16(what), yield* readU16(what), yield* readU16(what)];
  yield* readU16(what);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total > CAP_SERVER_INIT_CAPABILITIES) {
    throw new LoginRefused("malformed", `the server announces ${total} Tight capabilities`);
  }
  yield* read(total * CAPABILITY_BYTES, what);
}
