/** The taps of one session. */
import type { LoginWatch } from "../rfb/login_watch.ts";
import { type Direction, type Tap, type TapOptions, TapQueue } from "./tap.ts";

/**
 * Copies a session's bytes to every tap, after the stages: what the viewer gets, and what the source gets. A login
 * holds secrets, so copying begins after it.
 *
 * Taps may be added and closed at any time. Without one, a chunk costs one comparison.
 */
export class Taps {
  readonly #taps = new Set<TapQueue>();
  readonly #now: () => number;
  /** Watches the login that passes through, until it is over. */
  #login: LoginWatch | undefined;
  #onOver = () => {};
  #isLost = false;
  #isEnded = false;

  /** @param now milliseconds that never go back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The number of open taps. */
  get size(): number {
    return this.#taps.size;
  }

  /** Adds a tap, which gets what passes from now on. After the session's end, returns a tap that has ended. */
  add(options: TapOptions = {}): Tap {
    const tap = new TapQueue(options, () => void this.#taps.delete(tap));
    if (this.#isLost) tap.fail("login_not_followed");
    else if (this.#isEnded) tap.end();
    else this.#taps.add(tap);
    return tap;
  }

  /**
   * Withholds all bytes up to the end of a login that the viewer carries out; call it before the first one passes.
   * `onOver` is called when the login has succeeded.
   */
  beginAfter(login: LoginWatch, onOver: () => void): void {
    this.#login = login;
    this.#onOver = onOver;
  }

  /** Copies bytes that passed to every tap; the caller may reuse the array at once. */
  copy(direction: Direction, bytes: Uint8Array): void {
    if (this.#login) return this.#follow(this.#login, direction, bytes);
    if (this.#taps.size === 0 || bytes.length === 0) return;
    const atMs = this.#now();
    for (const tap of this.#taps) tap.push({ direction, bytes: new Uint8Array(bytes), atMs });
  }

  /** The session has ended: no tap gets more, and none can be added. */
  end(): void {
    this.#isEnded = true;
    for (const tap of this.#taps) tap.end();
  }

  #follow(login: LoginWatch, direction: Direction, bytes: Uint8Array): void {
    const state = login.push(direction, bytes);
    if (state === "login") return;
    this.#login = undefined;
    if (state === "lost") return this.#lose();
    this.#onOver();
    const { up, down } = login.takeRest();
    this.copy("up", up);
    this.copy("down", down);
  }

  #lose(): void {
    this.#isLost = true;
    for (const tap of this.#taps) tap.fail("login_not_followed");
  }
}
