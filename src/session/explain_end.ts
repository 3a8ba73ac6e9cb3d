/** Why a VNC server ended a session: for another viewer, because it allows only one, or for a reason of its own. */
import { readSteadyClock } from "../async/steady_clock.ts";
import { delay } from "@std/async/delay";
import { PortholeError } from "../errors.ts";
import { LoginRefused, refuseAnotherViewer } from "../rfb/refusal.ts";
import { nameTarget } from "../source/addresses.ts";
import type { Session } from "./session.ts";

/** A source that closes a session this close to an arrival, another one's or its own, closes it for that reason. */
const WINDOW_MS = 1_000;
/** A source that goes down takes every session down: only one that lasts this long was preferred. */
const LASTS_MS = 300;
const STEP_MS = 50;

/** The part of a session that tells why it ended. */
export type EndedSession = Pick<Session, "enteredAtMs" | "opened" | "source" | "state" | "user">;

/** Where the sessions come from, and the clock that `enteredAtMs` is on. */
export interface EndEffects {
  readonly list: () => readonly EndedSession[];
  readonly now?: () => number;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Explains better than the failure itself why a session ends: for another viewer, or because the VNC server allows one
 * only. If another session is about to open the same VNC server, it waits up to a second for that.
 *
 * @throws the reason of the signal.
 */
export async function explainEnd(
  session: EndedSession,
  reason: PortholeError,
  signal: AbortSignal,
  { list, now = readSteadyClock, wait = (ms, signal) => delay(ms, { signal }) }: EndEffects,
): Promise<PortholeError> {
  const others = () => list().filter((other) => other !== session && isSameServer(other, session));
  if (isTurnedAway(session, reason)) return describeTurnedAway(session, reason, others().find(isIn));
  if (reason.code !== "source_closed") return reason;
  const closedAtMs = now();
  for (let waitedMs = 0; waitedMs <= WINDOW_MS; waitedMs = now() - closedAtMs) {
    const taker = findTaker(session, others(), closedAtMs);
    const present = taker ? undefined : findPresent(session, others(), closedAtMs);
    if (taker && waitedMs >= LASTS_MS) return describeTakeover(session, taker);
    if (present && waitedMs >= LASTS_MS) return describeTurnedAway(session, reason, present);
    if (!taker && !present && !others().some(isArriving)) break;
    await wait(STEP_MS, signal);
  }
  return reason;
}

/** Two sources may be one VNC server under two names. */
function isSameServer({ source: { config: a } }: EndedSession, { source: { config: b } }: EndedSession): boolean {
  return a.name === b.name || nameTarget(a.target) === nameTarget(b.target);
}

/** Whether the VNC server closed after the login, in place of opening the desktop. */
function isTurnedAway({ enteredAtMs, opened }: EndedSession, reason: PortholeError): boolean {
  if (reason instanceof LoginRefused) return reason.kind === "busy";
  return reason.code === "source_closed" && enteredAtMs === undefined && opened?.login?.hasEntered === true;
}

function isIn({ enteredAtMs, state }: EndedSession): boolean {
  return enteredAtMs !== undefined && (state === "open" || state === "handshake");
}

function isArriving({ enteredAtMs, state }: EndedSession): boolean {
  return enteredAtMs === undefined && (state === "open" || state === "handshake" || state === "dialing");
}

/** The session that came last, if it came after this one and within the window. */
function findTaker(
  { enteredAtMs: sinceMs }: EndedSession,
  others: readonly EndedSession[],
  closedAtMs: number,
): EndedSession | undefined {
  if (sinceMs === undefined) return undefined;
  const earliestMs = Math.max(sinceMs, closedAtMs - WINDOW_MS);
  return others.filter((other) => isIn(other) && other.enteredAtMs! >= earliestMs)
    .toSorted((a, b) => b.enteredAtMs! - a.enteredAtMs!)[0];
}

/** A session that was there before this one, if the VNC server closed this one at the door or as soon as it was in. */
function findPresent(
  { enteredAtMs: sinceMs }: EndedSession,
  others: readonly EndedSession[],
  closedAtMs: number,
): EndedSession | undefined {
  if (sinceMs !== undefined && closedAtMs - sinceMs > WINDOW_MS) return undefined;
  return others.find((other) => isIn(other) && other.enteredAtMs! < (sinceMs ?? closedAtMs));
}

function describeTakeover({ user }: EndedSession, { user: taker }: EndedSession): PortholeError {
  if (isSameUser(user, taker)) {
    return new PortholeError("taken_over", "You have opened this screen in another window or on another device");
  }
  return new PortholeError("taken_over", `${nameViewer(taker, user) ?? "Another viewer"} has taken over this screen`);
}

function describeTurnedAway(
  { source, user }: EndedSession,
  reason: PortholeError,
  present: EndedSession | undefined,
): PortholeError {
  const { title } = source.config;
  if (present === undefined) {
    return reason.code === "vnc_refused" ? reason : refuseAnotherViewer({ title, cause: reason });
  }
  const who = isSameUser(user, present.user)
    ? "you have it open in another window or on another device"
    : `${nameViewer(present.user, user) ?? "another viewer"} has it open`;
  const message = `Cannot open ${title}: ${who}, and the server does not accept a second viewer`;
  return new PortholeError("vnc_refused", message, { cause: reason });
}

function isSameUser(a: EndedSession["user"], b: EndedSession["user"]): boolean {
  return a.isUser === true && b.isUser === true && a.name === b.name;
}

/** Names a user to another user. Guests and programs neither learn a name nor are called by one. */
function nameViewer(user: EndedSession["user"], to: EndedSession["user"]): string | undefined {
  return user.isUser && to.isUser ? user.name : undefined;
}
