/** Security type 16, Tight (rfbproto, "Tight Security Type"), as far as it leads to None or VNC Authentication. */
import { chooseMechanism, type Login } from "../choose.ts";
import type { LoginStep } from "../login_step.ts";
import { LoginRefused } from "../refusal.ts";
import { read, readU32, type Script, u32, write } from "../script.ts";
import { speakType } from "./by_code.ts";

const CAPABILITY_BYTES = 16;
const CAP_CAPABILITIES = 256;
const NO_TUNNEL = 0;
const NONE = 1;
const VNC_AUTH = 2;

/** Refuses tunnels, speaks None or VNC Authentication, and gives its code. */
export function* speakTight(login: Login): Script<number, LoginStep> {
  const tunnels = yield* readCapabilities("its Tight tunnels");
  if (tunnels.length > 0) yield* write(u32(NO_TUNNEL));
  const offered = yield* readCapabilities("its Tight logins");
  // An empty list means that none is needed, and nothing is answered.
  if (offered.length === 0) return NONE;
  const known = offered.filter((code) => code === NONE || code === VNC_AUTH);
  const { code } = chooseMechanism(known.length > 0 ? known : offered, login, [16]);
  yield* write(u32(code));
  yield* speakType(code, login);
  return code;
}

/** U32 count, then as many of S32 code, 4 letters of vendor, 8 of signature; only the codes matter. */
function* readCapabilities(what: string): Script<number[]> {
  const count = yield* readU32(what);
  if (count > CAP_CAPABILITIES) throw new LoginRefused("malformed", `the server announces ${count} of ${what}`);
  const list = yield* read(count * CAPABILITY_BYTES, what);
  const view = new DataView(list.buffer, list.byteOffset, list.length);
  return Array.from({ length: count }, (_, at) => view.getInt32(at * CAPABILITY_BYTES));
}
