import { LoginRefused, type RefusalKind } from "./refusal.ts";
import { Overdue, read, readU32, type Script, StreamEnded } from "./script.ts";

/** Longer reasons are cut; none that was met comes near. */
const REASON_CAP_BYTES = 4096;
const REASON_CAP_CHARACTERS = 200;

/**
 * Reads the text that follows a failure (RFC 6143 section 7.1.2: U32 length, text); empty when the server left it
 * out, hung up half-way, or sent something else in its place.
 */
export function* readReason(): Script<string> {
  try {
    const length = yield* readU32("the reason of the refusal");
    if (length > REASON_CAP_BYTES) return "";
    return cleanReason(yield* read(length, "the reason of the refusal"));
  } catch (error) {
    if (error instanceof StreamEnded || error instanceof Overdue) return "";
    throw error;
  }
}

/** A text sent by a server as one that may be shown: no control or format characters, one line, at most 200 characters. */
export function cleanReason(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes).replace(/[\p{C}\s]+/gu, " ").trim();
  const characters = [...text];
  if (characters.length <= REASON_CAP_CHARACTERS) return text;
  return characters.slice(0, REASON_CAP_CHARACTERS - 1).join("") + "…";
}

const meanings: readonly (readonly [RegExp, RefusalKind])[] = [
  [/too many .*(failures|attempts|tries)/i, "locked_out"],
  [/already in use|server is (busy|in use)|too many (connections|clients)/i, "busy"],
];

/**
 * A refusal with the server's own words; `otherwise` is its kind when they are not known to mean something special, and
 * `secret` what a wrong one is called.
 */
export function refuseWith(reason: string, otherwise: RefusalKind, secret = "password"): LoginRefused {
  const kind = meanings.find(([pattern]) => pattern.test(reason))?.[1] ?? otherwise;
  return new LoginRefused(kind, describeRefusal(kind, reason, secret));
}

/** A login that ended with "too many tries" and no words (SecurityResult 2). */
export function refuseAsLockedOut(reason: string): LoginRefused {
  return new LoginRefused("locked_out", describeRefusal("locked_out", reason));
}

function describeRefusal(kind: RefusalKind, reason: string, secret = ""): string {
  const quoted = reason === "" ? "" : `: “${reason}”`;
  if (kind === "locked_out") {
    return `the server refuses logins from here for a while after too many failed ones${quoted}`;
  }
  if (kind === "busy") return `the server takes no further viewer${quoted}`;
  if (kind === "wrong_secret") return `the server refused the ${secret}${quoted}`;
  return reason === "" ? "the server refused the connection and gave no reason" : `the server refused${quoted}`;
}
