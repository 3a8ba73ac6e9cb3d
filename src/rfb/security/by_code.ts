/** The security types that hold no others. */
import type { Login } from "../choose.ts";
import type { LoginStep } from "../login_step.ts";
import type { Script } from "../script.ts";
import { speakAppleDh } from "./apple_dh.ts";
import { speakPlain } from "./plain.ts";
import { speakRa2 } from "./ra2.ts";
import { speakVncAuth } from "./vnc_auth.ts";

const scripts: Readonly<Record<number, (login: Login) => Script<void, LoginStep>>> = {
  1: function* none() {},
  2: speakVncAuth,
  5: (login) => speakRa2({ hash: "sha1", keyBytes: 16, seals: true }, login),
  6: (login) => speakRa2({ hash: "sha1", keyBytes: 16, seals: false }, login),
  30: speakAppleDh,
  129: (login) => speakRa2({ hash: "sha256", keyBytes: 32, seals: true }, login),
  130: (login) => speakRa2({ hash: "sha256", keyBytes: 32, seals: false }, login),
  256: speakPlain,
};

/** Speaks one chosen type, up to but not including SecurityResult. */
export function speakType(code: number, login: Login): Script<void, LoginStep> {
  return scripts[code]!(login);
}
