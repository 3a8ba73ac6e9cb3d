/** Refusals in the server's own words. */
import { LoginRefused, type Need, type RefusalKind } from "./refusal.ts";
import { Overdue, read, readU32, type Script, StreamEnded } from "./script.ts";

/** SecurityResult for a failed login (RFC 6143 section 7.1.3). */
export const FAILED = 1;
/** SecurityResult for too many failed logins (rfbproto, "SecurityResult"). */
const TOO_MANY = 2;
/** Maximum size of a reason in bytes; a longer one is ignored. No known server comes near it. */
export const REASON_CAP_BYTES = 4096;
/** Maximum number of characters shown; longer reasons are shortened. */
const REASON_CAP_CHARACTERS = 200;

/**
 * Reads the reason after a failure (RFC 6143 section 7.1.2: U32 length, text); empty when the server omits it, closes
 * early, or sends something else in its place.
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

/** Makes a server's text safe to show: one line of at most 200 characters, without control or format characters. */
export function cleanReason(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes).replace(/[\p{C}\s]+/gu, " ").trim();
  const characters = [...text];
  if (characters.length <= REASON_CAP_CHARACTERS) return text;
  return characters.slice(0, REASON_CAP_CHARACTERS - 1).join("") + "…";
}

/** Kinds of refusal by the words that servers use for them. */
const meanings: readonly (readonly [RegExp, RefusalKind])[] = [
  [/(rejected|denied|declined) by|local user|prompt the user|being queried/i, "declined"],
  [/too many .*(failures|attempts|tries)/i, "locked_out"],
  [/already in use|server is (busy|in use)|too many (connections|clients)/i, "busy"],
];

/**
 * A refusal in the server's own words. Known words decide its kind; otherwise it is `otherwise`. `secret` names the
 * credentials in the sentence about wrong ones.
 */
export function refuseWith(reason: string, otherwise: RefusalKind, secret = "password"): LoginRefused {
  const kind = meanings.find(([pattern]) => pattern.test(reason))?.[1] ?? otherwise;
  return new LoginRefused(kind, describeRefusal(kind, reason, secret));
}

/**
 * The refusal of a login with what `needs` names, by a SecurityResult other than 0; `reason` may be empty. Every value
 * except 0 is a failure: x11vnc -unixpw_cmd sends the reason's length in place of the result.
 */
export function refuseResult(result: number, reason: string, needs: readonly Need[]): LoginRefused {
  if (result === TOO_MANY) return new LoginRefused("locked_out", describeRefusal("locked_out", reason));
  const secret = needs.includes("username") ? "user name or password" : "password";
  return refuseWith(reason, needs.length > 0 ? "wrong_secret" : "refused", secret);
}

function describeRefusal(kind: RefusalKind, reason: string, secret = ""): string {
  const quoted = reason === "" ? "" : `: “${reason}”`;
  if (kind === "locked_out") {
    return `the server is blocking this gateway after too many failed logins${quoted}`;
  }
  if (kind === "busy") return `the server does not accept another viewer${quoted}`;
  if (kind === "wrong_secret") return `the server refused the ${secret}${quoted}`;
  return reason === "" ? "the server refused the connection and gave no reason" : `the server refused${quoted}`;
}
