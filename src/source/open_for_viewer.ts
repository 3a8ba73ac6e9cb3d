/** Opens a source for a viewer: decides whether the viewer or the gateway logs in, up to the first byte that may pass. */
import { startDeadline } from "../async/deadline.ts";
import { startTimer } from "../async/timer.ts";
import type { ByteStream } from "../bridge/byte_stream.ts";
import { describeOffer } from "../rfb/describe.ts";
import { LoginWatch } from "../rfb/login_watch.ts";
import { chooseSpeaker, dropSecureTypes, keepBrowserTypes } from "../rfb/pass_through.ts";
import { LoginRefused, refuseUnanswered } from "../rfb/refusal.ts";
import { encodeVersion, type SpokenVersion, type Version } from "../rfb/version.ts";
import { closeOnFailure } from "./close_on_failure.ts";
import type { HandshakeViewer } from "./handshake_viewer.ts";
import { peekVersion } from "./login.ts";
import { ASKING_MS } from "./login_runner.ts";
import { needsGateway } from "./needs_gateway.ts";
import { openByLogin } from "./open_by_login.ts";
import type { OpenParts } from "./open_parts.ts";
import type { Opened } from "./opened.ts";
import { type NoOffer, type SeenOffer, watchOffer } from "./watch_offer.ts";

/**
 * Opens the source in the mode that its configuration and the viewer ask for.
 *
 * @throws PortholeError naming the hop that failed, or the signal's reason; every connection is then closed.
 */
export async function openForViewer(parts: OpenParts, viewer: HandshakeViewer, signal: AbortSignal): Promise<Opened> {
  if (needsGateway(parts.source, viewer.viewOnly)) return await openByLogin(parts, viewer, signal);
  parts.login.checkViewer(viewer.sender);
  const dialed = await dialForViewer(parts, viewer, signal);
  if (!viewer.canAsk) return passAll(parts, viewer, dialed);
  return await closeOnFailure(dialed.stream, passOffer(parts, viewer, signal, dialed));
}

/** A source that has sent its version. */
interface Dialed {
  readonly stream: ByteStream;
  readonly version: Version;
}

/** Dials, and checks that a VNC server answers. */
async function dialForViewer(
  { source, dial, setTimer }: OpenParts,
  viewer: HandshakeViewer,
  signal: AbortSignal,
): Promise<Dialed> {
  const stream = await dial(source, signal);
  viewer.noteConnected();
  return { stream, version: await peekVersion(stream, source.title, { signal, setTimer }) };
}

/** For other viewers: sends the version that is spoken, and passes every byte after it. */
function passAll(parts: OpenParts, viewer: HandshakeViewer, { stream, version: { spoken } }: Dialed): Opened {
  const downFirst = encodeVersion(spoken);
  return { ...describePassThrough(parts, stream, spoken), login: watchLogin(parts.login, viewer), downFirst };
}

/** Watches the viewer's login, for the guard against lockouts. */
function watchLogin(login: OpenParts["login"], { sender }: HandshakeViewer, version?: SpokenVersion): LoginWatch {
  return new LoginWatch({ ...(version ? { version } : {}), onResult: (refusal) => login.noteViewer(sender, refusal) });
}

/**
 * For our page: passes the spoken version both ways and reads the offered types on their way down. If the browser
 * supports none of them, the gateway logs in on the same connection, and asks for the secret.
 */
async function passOffer(
  parts: OpenParts,
  viewer: HandshakeViewer,
  signal: AbortSignal,
  { stream, version: { announced, spoken } }: Dialed,
): Promise<Opened> {
  // noVNC knows few versions, and fails at 3.10 or 5.1, which are both answered with 3.8.
  viewer.send(encodeVersion(spoken));
  const seen = await waitForOffer(parts, viewer, signal, stream);
  if (seen.types === undefined) {
    return {
      ...describePassThrough(parts, stream, spoken),
      login: watchLogin(parts.login, viewer),
      downFirst: seen.bytes,
    };
  }
  const types = viewer.hasSecureContext ? seen.types : dropSecureTypes(seen.types);
  if (chooseSpeaker(types) !== "browser") {
    const offer = { version: { announced, spoken: seen.version }, types: seen.types };
    return await openByLogin(parts, viewer, signal, { stream, offer });
  }
  return {
    ...describePassThrough(parts, stream, seen.version, describeOffer(seen.types)),
    login: watchLogin(parts.login, viewer, seen.version),
    downFirst: showTypes({ ...seen, types }),
  };
}

function describePassThrough(
  { memory }: OpenParts,
  stream: ByteStream,
  version: string,
  security = "",
): Opened {
  const detail = security === "" ? `RFB ${version}` : `RFB ${version}, ${security}`;
  return { stream, version, security, mode: "pass_through", detail, noteAsking: () => memory.noteAsks("login") };
}

/** Waits for the offer, for which the source may be asking its user. @throws LoginRefused if that was in vain */
async function waitForOffer(
  { source: { title, loginTimeoutMs }, memory, setTimer = startTimer }: OpenParts,
  viewer: HandshakeViewer,
  signal: AbortSignal,
  stream: ByteStream,
): Promise<SeenOffer | NoOffer> {
  const deadline = startDeadline(loginTimeoutMs, signal, setTimer);
  const startedAtMs = performance.now();
  const refuseLate = () => refuseUnanswered("the server did not send its security types", { title });
  let isAsking = false;
  const stopTimer = setTimer(() => {
    isAsking = true;
    memory.noteAsks("offer");
    viewer.noteAsking();
  }, ASKING_MS);
  try {
    const seen = await deadline.guard(watchOffer(stream, viewer), refuseLate);
    memory.noteAnswer("offer", performance.now() - startedAtMs);
    if (isAsking && seen.bytes.length === 0) throw CLOSED.afterAsking(title);
    return seen;
  } finally {
    stopTimer();
    deadline.clear();
  }
}

const CLOSED = new LoginRefused("ended", "the server closed the connection before it sent its security types");

/** The offer for the page. noVNC picks the first type that it knows, so types that it cannot complete are removed. */
function showTypes({ version, types, bytes }: SeenOffer): Uint8Array<ArrayBuffer> {
  if (version === "3.3") return bytes;
  const kept = keepBrowserTypes(types);
  return Uint8Array.of(kept.length, ...kept);
}
