/** The live sessions, and the limits that are checked before one begins. */
import { Turns } from "../bridge/turns.ts";
import type { Limits } from "../config/config.ts";
import { delay } from "@std/async/delay";
import { PortholeError } from "../errors.ts";
import { leavesRoom } from "../fair_shares.ts";
import type { SessionCounts } from "../source/source.ts";
import type { Log } from "../telemetry/log.ts";
import { Census } from "./census.ts";
import { explainEnd } from "./explain_end.ts";
import { Overload } from "./overload.ts";
import { Session, type SessionParties } from "./session.ts";
import { SessionEvents } from "./session_events.ts";
import { isSameBrowser, type SessionUser } from "./session_user.ts";
import { Sweep } from "./sweep.ts";

/** Retry-After of a refusal because of a limit. */
const RETRY_MS = 5_000;
/** How much of the free slots for handshakes one source, or one address, may come to have. */
const HANDSHAKES_PORTION = 1 / 2;
/** How often to look whether sessions have ended. */
const LOOK_EVERY_MS = 20;
/** How long a held session may take to end to make room for another. */
const ROOM_MS = 1_000;

/** A session that is to begin: what the limits count it against. */
export interface SessionRequest {
  readonly source: string;
  /** The viewer's address, as limits group it. */
  readonly address: string;
  /** The name of the user; undefined while nobody has to sign in. */
  readonly user?: string | undefined;
}

/** All live sessions of one gateway. */
export class SessionRegistry implements SessionCounts {
  /** The events of every session. */
  readonly events = new SessionEvents();
  /** Whether the gateway is too short of something for new sessions. */
  readonly overload = new Overload();
  readonly #log: Log;
  readonly #sessions = new Map<string, Session>();
  readonly #census = new Census();
  readonly #turns = new Turns();
  /** Ended sessions whose viewer is still connected because it does not read. It uses memory, so limits include it. */
  readonly #stuck = new Set<Session>();
  #draining = false;
  /** Runs while there are sessions. */
  readonly #sweep = new Sweep(() => this.list());

  constructor(log: Log) {
    this.#log = log;
    this.events.subscribe({ onState: (session) => this.#census.noteState(session) });
  }

  /** Live sessions, oldest first. */
  list(): Session[] {
    return [...this.#sessions.values()];
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  get size(): number {
    return this.#sessions.size;
  }

  countSource(name: string): number {
    return this.#census.bySource.of(name);
  }

  hasOpen(name: string): boolean {
    return this.#census.openBySource.of(name) > 0;
  }

  /** Number of ended sessions whose viewer is still connected. */
  get stuck(): number {
    return this.#stuck.size;
  }

  /** Whether new sessions are refused because the gateway is stopping. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Checks whether viewers may come. @throws PortholeError draining. */
  checkDraining(): void {
    if (this.#draining) throw new PortholeError("draining", "The gateway is restarting; try again in a moment");
  }

  /**
   * Checks whether one more session may begin.
   *
   * @throws PortholeError limit_reached or draining.
   */
  admit({ source, address, user }: SessionRequest, limits: Limits): void {
    this.checkDraining();
    const reached = this.#findReached({ source, address, user }, limits);
    if (reached !== undefined) throw full(reached);
    this.#admitHandshake({ source, address }, limits.handshakes);
  }

  /**
   * If a limit is reached, ends a held session that this browser has left behind on the source: its page was reloaded
   * while it had no link, or the browser crashed. Nobody comes back to that session, and it would count until its hold is
   * over. Resolves when it no longer counts.
   */
  async makeRoom(request: SessionRequest, limits: Limits, user: SessionUser): Promise<void> {
    if (this.#findReached(request, limits) === undefined) return;
    const left = [...this.#sessions.values(), ...this.#stuck].find((session) =>
      session.viewer.isHeld && session.source.name === request.source && isSameBrowser(session.user, user)
    );
    if (!left) return;
    const reason = new PortholeError("viewer_left", "The viewer opened the screen again");
    left.end(reason);
    left.viewer.close(reason);
    const endMs = performance.now() + ROOM_MS;
    const counts = () => this.#sessions.has(left.id) || this.#stuck.has(left);
    while (counts() && performance.now() < endMs) await delay(LOOK_EVERY_MS);
  }

  #findReached({ source, address, user }: SessionRequest, limits: Limits): string | undefined {
    if (this.size + this.#stuck.size >= limits.sessions) return "The gateway has reached its session limit";
    if (this.countSource(source) >= limits.perSource) return "This screen has reached its session limit";
    const { byAddress, byUser } = this.#census;
    const isTooMany = byAddress.of(address) >= limits.perAddress ||
      user !== undefined && byUser.of(user) >= limits.perUser;
    return isTooMany ? "You have reached your limit of open screens" : undefined;
  }

  /**
   * Sessions that do not come past the handshake hold their slots for long, so each source and each address has a share
   * of them. The first one on a source needs none: a source that does not answer must not keep others closed.
   */
  #admitHandshake({ source, address }: SessionRequest, max: number): void {
    const { connecting: all, connectingBySource, connectingByAddress } = this.#census;
    const onSource = connectingBySource.of(source);
    const hasRoom = (own: number) => leavesRoom({ own, all }, { max, portion: HANDSHAKES_PORTION });
    if (onSource === 0 || hasRoom(Math.max(onSource, connectingByAddress.of(address)))) return;
    throw full("Too many screens are being opened at the moment");
  }

  /** Begins a session, which is listed at once and until it has ended. */
  begin(parties: SessionParties): Session {
    const session = new Session(parties, {
      log: this.#log,
      events: this.events,
      turns: this.#turns,
      explainEnd: (ended, reason, signal) =>
        explainEnd(ended, reason, signal, { list: () => this.#census.listNeighbours(ended) }),
    });
    this.#sessions.set(session.id, session);
    this.#census.enter(session);
    this.#sweep.begin();
    session.run().then((reason) => {
      this.#remove(session);
      this.events.onEnded(session, reason);
    });
    return session;
  }

  /** The viewer of a session has come back from this address, for which limits count the session from now on. */
  move(session: Session, address: string): void {
    this.#census.move(session, address);
    session.moveTo(address);
  }

  /** Ends every session that the predicate picks. */
  endWhere(pick: (session: Session) => boolean, reason: PortholeError): void {
    for (const session of this.list()) if (pick(session)) session.end(reason);
  }

  /**
   * Ends every session whose permission or sign-in has ended, each with its own reason; resolves when all are checked, by
   * a check that begins after this call.
   */
  endUnpermitted(): Promise<void> {
    return this.#sweep.look();
  }

  /**
   * Refuses new sessions and tells the live ones to come back (1012); resolves when none is left, or after `atMostMs`:
   * those whose viewers have not answered by then are only asleep, and find out by themselves.
   */
  async drain(atMostMs = Infinity): Promise<void> {
    this.#draining = true;
    const endMs = performance.now() + atMostMs;
    const reason = new PortholeError("draining", "The gateway is restarting; it will be back in a moment");
    this.endWhere(() => true, reason);
    while (this.size > 0 && performance.now() < endMs) await delay(LOOK_EVERY_MS);
    // Nobody can come back for what they have kept.
    for (const { viewer } of this.#stuck) viewer.lost.then(() => viewer.close(reason));
    // A check of permissions may still be on its way through the sessions.
    await this.#sweep.settled;
  }

  #remove(session: Session): void {
    this.#sessions.delete(session.id);
    this.#census.leave(session);
    if (session.viewer.isGone) this.#census.noteGone(session);
    else this.#noteStuck(session);
    if (this.size === 0) this.#sweep.stop();
  }

  #noteStuck(session: Session): void {
    this.#stuck.add(session);
    session.viewer.closed.then(() => {
      this.#stuck.delete(session);
      this.#census.noteGone(session);
    });
  }
}

function full(message: string): PortholeError {
  return new PortholeError("limit_reached", message, { retryAfterMs: RETRY_MS });
}
