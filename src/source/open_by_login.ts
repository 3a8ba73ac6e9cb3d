/** Opening a source in mode `login`: the gateway logs in, and asks the user for missing credentials. */
import { LoginRefused } from "../rfb/refusal.ts";
import { createStages } from "../rfb/stages.ts";
import type { SpokenVersion } from "../rfb/version.ts";
import { admitViewer, greetViewer, offerNone } from "../rfb/viewer_side.ts";
import { closeOnFailure } from "./close_on_failure.ts";
import { type Credentials, pickCredentials } from "./credentials.ts";
import type { HandshakeViewer } from "./handshake_viewer.ts";
import type { LoggedIn } from "./login.ts";
import type { OpenParts } from "./open_parts.ts";
import type { Opened } from "./opened.ts";
import { runWithViewer } from "./run_with_viewer.ts";
import type { BegunHandshake } from "./source_login.ts";

/** Logs in, or continues a handshake with the source. @throws PortholeError, with every connection closed. */
export async function openByLogin(
  parts: Pick<OpenParts, "source" | "login" | "prewarm">,
  viewer: HandshakeViewer,
  signal: AbortSignal,
  begun?: BegunHandshake,
): Promise<Opened> {
  const loggedIn = await logInOrAsk(parts, viewer, signal, begun);
  viewer.noteEntered();
  const { desktop, hasColourMap, version, security, stream } = loggedIn;
  const script = greetAndAdmit(desktop, begun?.offer.version.spoken);
  await closeOnFailure(stream, runWithViewer(viewer, script, signal));
  const stages = createStages({
    viewOnly: viewer.viewOnly,
    clipboard: parts.source.clipboard,
    cutTextLimitBytes: () => parts.source.clipboardLimitBytes,
    onTooLong: (bytes) => viewer.noteTextDropped(bytes),
    serverFormat: desktop.pixelFormat,
    hasColourMap,
  });
  return { stream, stages, version, security, mode: "login", detail: `RFB ${version}, ${security}` };
}

/** Offers only None to a viewer that has already agreed on a version. */
function* greetAndAdmit(desktop: LoggedIn["desktop"], agreed?: SpokenVersion) {
  if (agreed === "3.8") yield* offerNone();
  return yield* admitViewer(agreed ?? (yield* greetViewer()), desktop);
}

async function logInOrAsk(
  parts: Pick<OpenParts, "source" | "login" | "prewarm">,
  viewer: HandshakeViewer,
  signal: AbortSignal,
  begun?: BegunHandshake,
): Promise<LoggedIn> {
  const configured = pickCredentials(parts.source);
  const prewarmed = begun ? undefined : await parts.prewarm.open(signal);
  if (prewarmed) viewer.noteConnected();
  if (prewarmed) return prewarmed;
  let attempt = {
    credentials: configured,
    sender: viewer.sender,
    signal,
    begun,
    onConnected: () => viewer.noteConnected(),
    onAsking: () => viewer.noteAsking(),
  };
  for (;;) {
    const outcome = await parts.login.logIn(attempt).catch(onlyRefused);
    if (!(outcome instanceof LoginRefused)) return outcome;
    const credentials = await askAgain(outcome, attempt.credentials, viewer, signal);
    attempt = { ...attempt, begun: undefined, credentials };
  }
}

/** Asks the user for other credentials. @throws the refusal if those could not help, or the user cannot be asked. */
async function askAgain(
  refusal: LoginRefused,
  tried: Credentials,
  viewer: HandshakeViewer,
  signal: AbortSignal,
): Promise<Credentials> {
  const needs = listAskable(refusal, tried);
  if (!needs || !viewer.canAsk) throw refusal;
  const wrong = refusal.kind === "wrong_secret" ? refusal.message : undefined;
  return { ...tried, ...await viewer.ask(needs, signal, wrong) };
}

/** The credentials that the user could correct: those that are missing, or that the server refused. */
function listAskable(refusal: LoginRefused, { username }: Credentials) {
  if (refusal.kind === "secret_missing") return refusal.needs;
  if (refusal.kind !== "wrong_secret") return undefined;
  return username === undefined ? ["password"] as const : ["username", "password"] as const;
}

function onlyRefused(thrown: unknown): LoginRefused {
  if (thrown instanceof LoginRefused) return thrown;
  throw thrown;
}
