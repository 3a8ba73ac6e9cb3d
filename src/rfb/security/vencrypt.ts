/** Security type 19, VeNCrypt 0.2 (rfbproto, "VeNCrypt"). */
import { startTls } from "../login_step.ts";
import { LoginRefused } from "../refusal.ts";
import { read, readU8, type Script, u8, write } from "../script.ts";
import type { Speak } from "./security_type.ts";

/** Agrees on version 0.2 and reads the subtypes: U8 count, then that many U32. @throws {LoginRefused} */
export function* readSubtypes(): Script<number[]> {
  const [major, minor] = yield* read(2, "its VeNCrypt version");
  if (major === 0 && minor! < 2) {
    throw new LoginRefused("malformed", `the server speaks VeNCrypt ${major}.${minor} only`);
  }
  yield* write(u8(0), u8(2));
  if ((yield* readU8("its VeNCrypt answer")) !== 0) {
    throw new LoginRefused("refused", "the server refused VeNCrypt 0.2");
  }
  const count = yield* readU8("its VeNCrypt subtypes");
  const list = yield* read(4 * count, "its VeNCrypt subtypes");
  const view = new DataView(list.buffer, list.byteOffset, list.length);
  return Array.from({ length: count }, (_, at) => view.getUint32(4 * at));
}

/** The X509 subtype that speaks `speak` inside TLS (rfbproto, "Subtypes with TLS or X509 prefix"). */
export function speakInTls(speak: Speak): Speak {
  return function* (login) {
    // Here 1 means yes, while after the version 0 does.
    if ((yield* readU8("its VeNCrypt answer")) !== 1) {
      throw new LoginRefused("refused", "the server refused to start TLS");
    }
    yield* startTls();
    yield* speak(login);
  };
}
