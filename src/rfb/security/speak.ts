/** Carries out the login of a chosen security type, through the lists inside it. */
import { chooseType } from "../choose.ts";
import type { LoginStep } from "../login_step.ts";
import { type Script, u32, write } from "../script.ts";
import type { Login } from "./login.ts";
import type { ContainerType, LoginType, SpokenType } from "./security_type.ts";
import { SECURITY_TYPES } from "./table.ts";

/** A path through nested types. */
export interface SecurityPath {
  /** The types around the login, the outermost first. */
  readonly within: readonly ContainerType[];
  /** The type that logs in. */
  readonly last: LoginType;
}

/** Speaks `type` up to but not including SecurityResult, and returns the path taken. @throws {LoginRefused} */
export function* speakType(
  type: SpokenType,
  login: Login,
  within: readonly ContainerType[] = [],
): Script<SecurityPath, LoginStep> {
  if ("speak" in type) {
    yield* type.speak(login);
    return { within, last: type };
  }
  const inside = [...within, type];
  const offered = yield* type.readInner();
  if (offered.length === 0 && type.emptyMeansNone) return { within: inside, last: SECURITY_TYPES.none };
  const chosen = chooseType(offered, login, inside);
  yield* write(u32(chosen.code));
  return yield* speakType(chosen, login, inside);
}
