/** Password hashes in sources.yaml. */
import { hintAt } from "./command_hint.ts";

const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$/;
const MIN_MEMORY_KIB = 8 * 1024;
const MAX_MEMORY_KIB = 256 * 1024;

/**
 * A PHC string of argon2id (RFC 9106). Its cost has a minimum, which protects users, and a maximum, which protects the
 * gateway.
 * @throws SyntaxError with a sentence that does not repeat the hash.
 */
export function parseArgon2id(text: string): string {
  const [, memory, passes, lanes] = PHC.exec(text) ?? [];
  if (memory === undefined) {
    throw new SyntaxError(`must be a hash such as $argon2id$…; make one with: ${hintAt("hash")}`);
  }
  if (Number(memory) < MIN_MEMORY_KIB || Number(memory) > MAX_MEMORY_KIB) {
    throw new SyntaxError(`must use between ${MIN_MEMORY_KIB} and ${MAX_MEMORY_KIB} KiB (m=)`);
  }
  if (Number(passes) < 1 || Number(passes) > 16 || Number(lanes) < 1 || Number(lanes) > 8) {
    throw new SyntaxError("must use 1 to 16 passes (t=) and 1 to 8 lanes (p=)");
  }
  return text;
}
