/** Security type 19, VeNCrypt 0.2 (rfbproto, "VeNCrypt"). */
import { chooseMechanism, type Login } from "../choose.ts";
import { type LoginStep, startTls } from "../login_step.ts";
import { LoginRefused } from "../refusal.ts";
import { read, readU8, type Script, u32, u8, write } from "../script.ts";
import { speakType } from "./by_code.ts";

/** What runs inside TLS, by subtype; anonymous TLS (257 to 259) is never chosen. */
const insideTls: Readonly<Record<number, number>> = { 260: 1, 261: 2, 262: 256 };

/** Speaks the best subtype; gives its code. */
export function* speakVencrypt(login: Login): Script<number, LoginStep> {
  const { code } = chooseMechanism(yield* readSubtypes(), login, [19]);
  yield* write(u32(code));
  const inside = insideTls[code];
  if (inside !== undefined) {
    // Here 1 is yes, while before the list 0 is.
    if ((yield* readU8("its VeNCrypt answer")) !== 1) {
      throw new LoginRefused("refused", "the server refused to start TLS");
    }
    yield* startTls();
  }
  yield* speakType(inside ?? code, login);
  return code;
}

/** Agrees on version 0.2 and reads the list of subtypes. */
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
