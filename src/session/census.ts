/** Who has how many sessions, counted as they begin, open and end: every new session asks, and may be one of thousands. */
import { nameTarget } from "../source/addresses.ts";
import type { Session } from "./session.ts";
import { Tally } from "./tally.ts";

/** The part of a session that is counted. */
export type Counted = Pick<Session, "source" | "user" | "state">;

/** The sessions of a gateway, by what limits and lists count them. */
export class Census {
  /** By the viewer's address and by user, until the viewer is gone. */
  readonly byAddress = new Tally();
  readonly byUser = new Tally();
  /** By source: live ones, and those that are open. */
  readonly bySource = new Tally();
  readonly openBySource = new Tally();
  /** Those that have not opened yet, by source and by address. */
  readonly connectingBySource = new Tally();
  readonly connectingByAddress = new Tally();
  readonly #connecting = new Set<Counted>();
  readonly #byServer = new Map<string, Set<Counted>>();

  /** Number of sessions that have not opened yet. */
  get connecting(): number {
    return this.#connecting.size;
  }

  /** The live sessions on the VNC server of this one, under whichever names. */
  listNeighbours<Kind extends Counted>({ source }: Kind): Kind[] {
    return [...this.#byServer.get(nameTarget(source.config.target)) ?? []] as Kind[];
  }

  /** Counts a session that begins. */
  enter(session: Counted): void {
    const { source, user } = session;
    const server = nameTarget(source.config.target);
    this.byAddress.add(user.address);
    this.byUser.add(user.name);
    this.bySource.add(source.name);
    this.connectingBySource.add(source.name);
    this.connectingByAddress.add(user.address);
    this.#connecting.add(session);
    if (!this.#byServer.get(server)?.add(session)) this.#byServer.set(server, new Set([session]));
  }

  /** Counts a session for another address of its viewer, which it has not got yet. */
  move(session: Counted, address: string): void {
    const before = session.user.address;
    this.byAddress.remove(before);
    this.byAddress.add(address);
    if (!this.#connecting.has(session)) return;
    this.connectingByAddress.remove(before);
    this.connectingByAddress.add(address);
  }

  /** Notes that a session has another state. */
  noteState(session: Counted): void {
    const { source, state } = session;
    if (state === "open") {
      this.#stopConnecting(session);
      this.openBySource.add(source.name);
    }
    if (state === "closing" && !this.#stopConnecting(session)) this.openBySource.remove(source.name);
  }

  /** Stops counting a session that has ended; its viewer may still be connected. */
  leave(session: Counted): void {
    const { source } = session;
    const server = nameTarget(source.config.target);
    const others = this.#byServer.get(server);
    this.bySource.remove(source.name);
    others?.delete(session);
    if (others?.size === 0) this.#byServer.delete(server);
  }

  /** Stops counting the viewer of a session that has ended. */
  noteGone({ user }: Counted): void {
    this.byAddress.remove(user.address);
    this.byUser.remove(user.name);
  }

  #stopConnecting(session: Counted): boolean {
    const wasConnecting = this.#connecting.delete(session);
    if (wasConnecting) {
      this.connectingBySource.remove(session.source.name);
      this.connectingByAddress.remove(session.user.address);
    }
    return wasConnecting;
  }
}
