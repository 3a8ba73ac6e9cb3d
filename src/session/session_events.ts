/** Listeners to the sessions of a gateway: metrics, the audit log and the findings about sources. */
import type { PortholeError } from "../errors.ts";
import type { Opened } from "../source/opened.ts";
import type { Session, SessionListener } from "./session.ts";

/** Passes events to every listener. If one throws, that is logged, and the session and the other listeners continue. */
export class SessionEvents implements Required<SessionListener> {
  readonly #listeners: SessionListener[] = [];

  /** Adds a listener for the life of the gateway. Listeners are called in the order in which they were added. */
  subscribe(listener: SessionListener): void {
    this.#listeners.push(listener);
  }

  onState(session: Session): void {
    this.#emit(session, (listener) => listener.onState?.(session));
  }

  onOpened(session: Session, opened: Opened): void {
    this.#emit(session, (listener) => listener.onOpened?.(session, opened));
  }

  onClosing(session: Session, reason: PortholeError): void {
    this.#emit(session, (listener) => listener.onClosing?.(session, reason));
  }

  onEnded(session: Session, reason: PortholeError): void {
    this.#emit(session, (listener) => listener.onEnded?.(session, reason));
  }

  #emit({ log }: Session, tell: (listener: SessionListener) => void): void {
    for (const listener of this.#listeners) {
      try {
        tell(listener);
      } catch (cause) {
        log.error("A listener of session events failed", { cause: String(cause) });
      }
    }
  }
}
