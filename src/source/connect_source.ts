/** From a viewer's wish to the first byte that may pass: who logs in, and what the stream goes through. */
import { type LoggedIn, type LoggedInAhead, logIn, logInAhead, peekVersion } from "./login.ts";
import { startDeadline } from "./deadline.ts";
import type { Trust } from "./trust.ts";
import type { ByteStream } from "../bridge/byte_stream.ts";
import type { SourceConfig } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import { describeOffer } from "../rfb/describe.ts";
import type { Offer } from "../rfb/handshake.ts";
import type { ClientKey } from "../rfb/login_step.ts";
import { chooseSpeaker, keepBrowserTypes } from "../rfb/pass_through.ts";
import { LoginRefused } from "../rfb/refusal.ts";
import { createStages } from "../rfb/stages.ts";
import { admitViewer, greetViewer, offerNone } from "../rfb/viewer_side.ts";
import type { SpokenVersion } from "../rfb/version.ts";
import type { Credentials, LoginGuard } from "./login_guard.ts";
import type { Prewarm } from "./prewarm.ts";
import type { Opened, Session } from "../session/session.ts";
import type { Turns } from "./turns.ts";
import { type SeenOffer, watchOffer } from "./watch_offer.ts";
import { runWithViewer } from "./viewer_handshake.ts";

/** What logging in needs. */
export interface LoginParts {
  dial: (source: SourceConfig, signal: AbortSignal) => Promise<ByteStream>;
  trust: Trust;
  getClientKey: () => Promise<ClientKey>;
  guard: LoginGuard;
  turns: Turns;
}

/** What connecting needs. */
export interface ConnectParts extends LoginParts {
  /** Connections that are logged in already. */
  prewarm: Pick<Prewarm, "open">;
  /** How long a source may take to say its version; 10 s when left out. */
  versionMs?: number | undefined;
}

/** A page or a source that stops within the handshake must not keep its place among limits.handshakes. */
const OFFER_MS = 30_000;

/** PIXEL_FORMAT within ServerInit (RFC 6143 section 7.3.2). */
const FORMAT_START = 4;
const FORMAT_END = 20;

/** Connects the session to its source in the mode that its configuration asks for. */
export async function connectSource(session: Session, parts: ConnectParts, signal: AbortSignal): Promise<Opened> {
  if (needsGateway(session)) return await openByLogin(session, parts, signal);
  if (session.side.canAsk) return await openForPage(session, parts, signal);
  return await openForProgram(session, parts, signal);
}

/** Secrets, policy and trust are the gateway's business; without them the handshake is between viewer and source. */
export function needsGateway({ source, viewOnly }: Pick<Session, "source" | "viewOnly">): boolean {
  const { username, password, tls, clipboard, prewarm } = source;
  return viewOnly || clipboard !== "both" || prewarm > 0 ||
    [username, password, tls].some((setting) => setting !== undefined);
}

/** For foreign viewers: checks that a VNC server answers, and passes every byte from the first on. */
async function openForProgram(session: Session, parts: ConnectParts, signal: AbortSignal): Promise<Opened> {
  const { source } = session;
  const stream = session.dialed(await parts.dial(source, signal));
  const { announced, spoken } = await peekVersion(stream, source.title, { signal, timeoutMs: parts.versionMs });
  const downFirst = new TextEncoder().encode(`${announced}\n`);
  return { stream, downFirst, version: spoken, security: "", mode: "pass_through", detail: `RFB ${spoken}` };
}

/**
 * For our page: passes the version both ways and looks at the offered types on their way down. Where the browser can
 * speak none of them, the gateway logs in on the same connection, and asks for the secret.
 */
async function openForPage(session: Session, parts: ConnectParts, signal: AbortSignal): Promise<Opened> {
  const { source } = session;
  const stream = session.dialed(await parts.dial(source, signal));
  const { announced, spoken } = await peekVersion(stream, source.title, { signal, timeoutMs: parts.versionMs });
  session.viewer.send(new TextEncoder().encode(`${announced}\n`));
  const deadline = startDeadline(OFFER_MS, signal);
  const seen = await deadline.guard(watchOffer(stream, session.viewer), () => describeStandstill(source))
    .finally(() => deadline.clear());
  const base = { stream, mode: "pass_through", version: spoken, security: "", detail: `RFB ${spoken}` } as const;
  if (seen.types === undefined) return { ...base, downFirst: seen.bytes };
  if (chooseSpeaker(seen.types) !== "browser") {
    const offer = { version: { announced, spoken: seen.version }, types: seen.types };
    return await openByLogin(session, parts, signal, { stream, offer });
  }
  const security = describeOffer(seen.types);
  return {
    ...base,
    downFirst: showTypes(seen),
    version: seen.version,
    security,
    detail: `RFB ${seen.version}, ${security}`,
  };
}

function describeStandstill({ title }: SourceConfig): PortholeError {
  return new PortholeError("vnc_timeout", `Cannot open ${title}: the handshake did not go on for ${OFFER_MS / 1000} s`);
}

/** The offer as the page gets it: noVNC takes the first type that it knows, so what it cannot finish is hidden. */
function showTypes({ version, types, bytes }: SeenOffer): Uint8Array<ArrayBuffer> {
  if (version === "3.3") return bytes;
  const kept = keepBrowserTypes(types);
  return Uint8Array.of(kept.length, ...kept);
}

/** The gateway logs in and shows the viewer an open source; what it lacks, it asks the person for. */
async function openByLogin(
  session: Session,
  parts: ConnectParts,
  signal: AbortSignal,
  begun?: { stream: ByteStream; offer: Offer },
): Promise<Opened> {
  const { source, viewer, viewOnly } = session;
  const loggedIn = await logInOrAsk(session, parts, signal, begun);
  const { desktop, version, security, serverInit } = loggedIn;
  await runWithViewer(viewer, greetAndAdmit(desktop, begun?.offer.version.spoken), signal);
  const serverFormat = serverInit.slice(FORMAT_START, FORMAT_END);
  const stages = createStages({ viewOnly, clipboard: source.clipboard, serverFormat });
  return {
    stream: loggedIn.stream,
    ...stages,
    version,
    security,
    mode: "login",
    detail: `RFB ${version}, ${security}`,
  };
}

/** A viewer that has agreed on a version already is only offered None. */
function* greetAndAdmit(desktop: LoggedIn["desktop"], agreed?: SpokenVersion) {
  if (agreed === "3.8") yield* offerNone();
  return yield* admitViewer(agreed ?? (yield* greetViewer()), desktop);
}

async function logInOrAsk(
  session: Session,
  parts: ConnectParts,
  signal: AbortSignal,
  begun?: { stream: ByteStream; offer: Offer },
): Promise<LoggedIn> {
  let credentials: Credentials = pickCredentials(session.source);
  for (;;) {
    const outcome = await tryLogIn(session, parts, credentials, signal, begun).catch(onlyRefused);
    if (!(outcome instanceof LoginRefused)) return outcome;
    const needs = askable(outcome, credentials);
    if (!needs || !session.side.canAsk) throw outcome;
    begun = undefined;
    const wrong = outcome.kind === "wrong_secret" ? outcome.message : undefined;
    credentials = { ...credentials, ...await session.side.ask(needs, signal, wrong) };
  }
}

/** What a person could mend: a secret that is missing, or one that the server refused. */
function askable(refusal: LoginRefused, credentials: Credentials) {
  if (refusal.kind === "secret_missing") return refusal.needs;
  if (refusal.kind !== "wrong_secret") return undefined;
  return credentials.username === undefined ? ["password"] as const : ["username", "password"] as const;
}

function onlyRefused(thrown: unknown): LoginRefused {
  if (thrown instanceof LoginRefused) return thrown;
  throw thrown;
}

async function tryLogIn(
  session: Session,
  parts: ConnectParts,
  credentials: Credentials,
  signal: AbortSignal,
  begun?: { stream: ByteStream; offer: Offer },
): Promise<LoggedIn> {
  const { source } = session;
  const asConfigured = !begun && credentials.password === source.password;
  const opened = asConfigured && await parts.prewarm.open(source, (stream) => session.dialed(stream), signal);
  return opened || await takeTurn(source, credentials, parts, signal, async () => {
    const stream = begun?.stream ?? session.dialed(await parts.dial(source, signal));
    return await logIn(stream, { ...source, ...credentials }, { ...parts, signal }, begun?.offer);
  });
}

/** Dials and logs in up to ClientInit, with the credentials of the configuration. @throws PortholeError */
export function logInForLater(source: SourceConfig, parts: LoginParts, signal: AbortSignal): Promise<LoggedInAhead> {
  return takeTurn(source, pickCredentials(source), parts, signal, async () => {
    return await logInAhead(await parts.dial(source, signal), source, { ...parts, signal });
  });
}

/** One login at a time for each source, until ServerInit: ten good ones at once had two or three refused. */
function takeTurn<Login>(
  source: SourceConfig,
  credentials: Credentials,
  { turns, guard }: LoginParts,
  signal: AbortSignal,
  work: () => Promise<Login>,
): Promise<Login> {
  return turns.run(source.name, signal, async () => {
    guard.check(source, credentials);
    try {
      const login = await work();
      guard.note(source, credentials, undefined);
      return login;
    } catch (failure) {
      guard.note(source, credentials, failure);
      throw failure;
    }
  });
}

function pickCredentials({ username, password }: SourceConfig): Credentials {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
}
