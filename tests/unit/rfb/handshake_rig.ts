/** What the tests of the handshake with a source share. */
import { assert, assertInstanceOf } from "@std/assert";
import { Secret } from "../../../src/config/secret.ts";
import { peekInside, peekTypes } from "../../../src/rfb/handshake.ts";
import type { LoginStep } from "../../../src/rfb/login_step.ts";
import { LoginRefused } from "../../../src/rfb/refusal.ts";
import { type Script, write } from "../../../src/rfb/script.ts";
import type { Login } from "../../../src/rfb/security/login.ts";
import type { ContainerType, Inside } from "../../../src/rfb/security/security_type.ts";
import { makeClientKey } from "../../../src/rfb/security/ra2.ts";
import { readVersion } from "../../../src/rfb/version.ts";
import type { Outcome } from "../../fakes/rfb_security/duel.ts";

/** The gateway's key and the source's. */
export const [clientKey, key] = await Promise.all([makeClientKey(), makeClientKey()]);

/** The login that the source accepts. */
export const right: Login = { username: "ada", password: new Secret("secret12"), shared: true, proofs: [] };

/** The refusal that the login ended with. */
export function refusalOf({ error }: Outcome<unknown>): LoginRefused {
  assertInstanceOf(error, LoginRefused);
  assert(error.message.startsWith("Cannot open Pi: "), error.message);
  return error;
}

/** A source that sends only these bytes. */
export function* say(...parts: Uint8Array[]): Script<void> {
  yield* write(...parts);
}

/** What a probe does with a type that has others inside. */
export function* peek(container: ContainerType): Script<Inside, LoginStep> {
  return yield* peekInside("Pi", yield* peekTypes("Pi", yield* readVersion()), container);
}
