/** noVNC 1.7's side of the handshake (core/rfb.js), written down by its rules, as an oracle for what the page can open. */
import { answerChallenge } from "../../src/demo/vnc_auth.ts";
import { Secret } from "../../src/config/secret.ts";
import type { LoginStep } from "../../src/rfb/login_step.ts";
import { concat, read, readU32, readU8, type Script, u32, u8, write } from "../../src/rfb/script.ts";
import { speakAppleDh } from "../../src/rfb/security/apple_dh.ts";

/** What the user of the page knows. */
export interface Knows {
  readonly username: string;
  readonly password: string;
}

/** What noVNC did on its way to the desktop. */
export interface Entered {
  /** The types that it chose, the outermost first. */
  readonly path: readonly number[];
  readonly width: number;
}

/** `_negotiateProtocolVersion`: any other version fails. */
const VERSIONS: Readonly<Record<string, "3.3" | "3.7" | "3.8">> = {
  "003.003": "3.3",
  "003.006": "3.3",
  "003.007": "3.7",
  "003.008": "3.8",
  "003.889": "3.8",
  "004.000": "3.8",
  "004.001": "3.8",
  "005.000": "3.8",
};
/** `_isSupportedSecurityType`. */
const TYPES = [1, 2, 6, 16, 19, 22, 30, 113, 256];
/** `_negotiateTightAuth`, in its order. */
const TIGHT_LOGINS = [1, 2, 129];
const VENCRYPT = 19;

/** Speaks up to ServerInit. @throws Error where noVNC fails */
export function* enterAsNovnc(knows: Knows): Script<Entered, LoginStep> {
  const announced = decode(yield* read(12, "ProtocolVersion")).slice(4, 11);
  const version = VERSIONS[announced];
  if (!version) throw new Error(`Invalid server version ${announced}`);
  yield* write(new TextEncoder().encode(`RFB 003.00${version.at(-1)}\n`));
  const path = yield* authenticate(yield* chooseType(version), knows);
  if (path.at(-1) !== 1 || path.length > 1 || version === "3.8") {
    if ((yield* readU32("SecurityResult")) !== 0) throw new Error("Security handshake failed");
  }
  yield* write(u8(1));
  const head = yield* read(24, "ServerInit");
  const view = new DataView(head.buffer, head.byteOffset);
  yield* read(view.getUint32(20), "ServerInit's name");
  if (path[0] === 16) yield* read(8 + 32, "Tight's capabilities");
  return { path, width: view.getUint16(0) };
}

function* chooseType(version: string): Script<number> {
  if (version === "3.3") {
    const type = yield* readU32("security scheme");
    if (type === 0) throw new Error("The server refused");
    return type;
  }
  const types = [...yield* read(yield* readU8("number of types"), "types")];
  const type = types.find((type) => TYPES.includes(type));
  if (type === undefined) throw new Error(`Unsupported security types (types: ${types})`);
  yield* write(u8(type));
  return type;
}

function* authenticate(type: number, knows: Knows): Script<number[], LoginStep> {
  if (type === 1) return [1];
  if (type === 2) yield* write(answerChallenge(knows.password, yield* read(16, "auth challenge")));
  else if (type === 30) {
    yield* speakAppleDh({ username: knows.username, password: new Secret(knows.password), shared: true, proofs: [] });
  } else if (type === 256 || type === 129) yield* sendPlain(knows);
  else if (type === 16) return [16, ...yield* authenticateTight(knows)];
  else if (type === VENCRYPT) return [VENCRYPT, ...yield* authenticateVencrypt(knows)];
  else throw new Error(`Unsupported auth scheme (scheme: ${type})`);
  return [type];
}

function* authenticateTight(knows: Knows): Script<number[], LoginStep> {
  const tunnels = yield* readU32("num tunnels");
  yield* read(16 * tunnels, "tunnel capabilities");
  if (tunnels > 0) yield* write(u32(0));
  const count = yield* readU32("sub auth count");
  if (count === 0) return [1];
  const list = yield* read(16 * count, "sub auth capabilities");
  const view = new DataView(list.buffer, list.byteOffset);
  const offered = Array.from({ length: count }, (_, at) => view.getUint32(16 * at));
  const login = TIGHT_LOGINS.find((login) => offered.includes(login));
  if (login === undefined) throw new Error("No supported sub-auth types!");
  yield* write(u32(login));
  return yield* authenticate(login, knows);
}

function* authenticateVencrypt(knows: Knows): Script<number[], LoginStep> {
  yield* read(2, "vencrypt version");
  yield* write(u8(0), u8(2));
  if ((yield* readU8("vencrypt ack")) !== 0) throw new Error("VeNCrypt failure");
  const count = yield* readU8("vencrypt subtypes length");
  const list = yield* read(4 * count, "vencrypt subtypes");
  const view = new DataView(list.buffer, list.byteOffset);
  const offered = Array.from({ length: count }, (_, at) => view.getUint32(4 * at));
  const subtype = offered.find((type) => type !== VENCRYPT && TYPES.includes(type));
  if (subtype === undefined) throw new Error(`Unsupported security types (types: ${offered})`);
  yield* write(u32(subtype));
  return yield* authenticate(subtype, knows);
}

function* sendPlain({ username, password }: Knows): Script<void> {
  const [user, pass] = [username, password].map((text) => new TextEncoder().encode(text)) as [Uint8Array, Uint8Array];
  yield* write(concat([u32(user.length), u32(pass.length), user, pass]));
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
