/** VeNCrypt subtype 256, Plain: user name and password unencrypted (rfbproto, "Plain subtype"). */
import { type Script, u32, write } from "../script.ts";
import { demand, type Login } from "./login.ts";

/** Sends user name and password in UTF-8, each after its U32 length. @throws {LoginRefused} `secret_missing` */
export function* speakPlain(login: Login): Script<void> {
  demand(["username", "password"], login);
  const encoder = new TextEncoder();
  const [username, password] = [encoder.encode(login.username), encoder.encode(login.password!.reveal())];
  yield* write(u32(username.length), u32(password.length), username, password);
}
