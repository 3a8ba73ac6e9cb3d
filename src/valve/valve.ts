/**
 * The valve: ends every TCP connection of the gateway at once, and goes on. Honest pages come back by themselves, to the
 * same session where they can. What others had sent and not finished, which nobody can see, is freed.
 */
import { delay } from "@std/async/delay";
import type { Log } from "../telemetry/log.ts";
import type { Farewell, Leaving } from "./farewell.ts";
import { sayFarewell } from "./farewell.ts";

/** Why the valve opens. */
export type ValveCause = "memory" | "descriptors" | "listener" | "signal";

/** What the valve works with. */
export interface ValveEffects {
  readonly log: Log;
  readonly sessions: () => readonly Leaving[];
  /** Ends every connection of every listener, and goes on listening. */
  readonly replace: () => Promise<void>;
  /** Refuses new sessions of these addresses for a while. */
  readonly refuse: (addresses: readonly string[]) => void;
  /** Tells operators that it has opened. */
  readonly note: (cause: ValveCause) => void;
  readonly residentBytes: () => number;
  /** Whether memory is so short that there is no time for goodbyes. */
  readonly isUrgent: () => boolean;
  readonly now?: () => number;
  /** How long honest pages take to come back. */
  readonly returnMs?: number;
}

/** Shortest time between two openings. */
const PAUSE_MS = 60_000;
/** How long freed memory takes to be seen. */
const SETTLE_MS = 500;
const RETURN_MS = 5_000;
/** Memory that was freed with the connections: somebody had sent that much without finishing it. */
const IN_FLIGHT_BYTES = 32 * 1024 ** 2;

const FAREWELL: Farewell = {
  code: "overloaded",
  message: "The gateway had to end all connections; the screen will be back in a moment",
};

/** See the module. */
export class Valve {
  readonly #effects: Required<ValveEffects>;
  #openedAtMs = -Infinity;

  constructor(effects: ValveEffects) {
    this.#effects = { now: () => performance.now(), returnMs: RETURN_MS, ...effects };
  }

  /** Whether it may open: at most once a minute. */
  get isReady(): boolean {
    return this.#effects.now() - this.#openedAtMs >= PAUSE_MS;
  }

  /** Opens the valve, unless it has opened less than a minute ago; resolves when everything has ended. */
  async open(cause: ValveCause): Promise<void> {
    const { log, sessions, replace, note, residentBytes, isUrgent, now } = this.#effects;
    if (!this.isReady) {
      const seconds = Math.round((now() - this.#openedAtMs) / 1_000);
      return log.warn("Not ending every connection again within a minute", { cause, seconds_ago: seconds });
    }
    this.#openedAtMs = now();
    const all = sessions();
    // Those that are held already had no connection over which they could have sent what is freed.
    const linked = all.filter(({ viewer }) => !viewer.isHeld);
    log.warn("Ending every connection", { cause, sessions: all.length, resident: residentBytes() });
    note(cause);
    const silent = await sayFarewell(all, FAREWELL, isUrgent);
    const before = residentBytes();
    await replace();
    await delay(SETTLE_MS, { persistent: false });
    const freed = before - residentBytes();
    log.info("Every connection has ended", { cause, unanswered: silent.length, freed });
    if (freed >= IN_FLIGHT_BYTES) await this.#refuseAbsent(linked, silent);
  }

  /**
   * Refuses the addresses from which no viewer answered or came back: one of them had sent what was freed. A viewer that
   * was only away shares its address with others that did, or has to wait for a minute.
   */
  async #refuseAbsent(linked: readonly Leaving[], silent: readonly Leaving[]): Promise<void> {
    await delay(this.#effects.returnMs, { persistent: false });
    const isAway = ({ viewer }: Leaving) => viewer.canReturn && (viewer.isHeld || viewer.isGone);
    const away = [...silent, ...linked.filter(isAway)];
    const present = linked.filter((one) => !away.includes(one)).concat(
      this.#effects.sessions().filter((one) => !isAway(one)),
    );
    const known = new Set(present.map(({ user }) => user.address));
    const absent = [...new Set(away.map(({ user }) => user.address))].filter((address) => !known.has(address));
    if (absent.length === 0) return;
    this.#effects.refuse(absent);
    this.#effects.log.warn("Refusing addresses for a minute: they did not come back", { addresses: absent.join() });
  }
}
