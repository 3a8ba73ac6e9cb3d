/** Ends sessions that must not go on: their permission has ended, their viewer reads nothing, or nobody is at it. */
import { delay } from "@std/async/delay";
import { createGiveWay } from "../async/give_way.ts";
import { PortholeError } from "../errors.ts";
import type { Log } from "../telemetry/log.ts";
import type { Session } from "./session.ts";

/** How often all sessions are looked at. */
const EVERY_MS = 2_000;
/** Permissions that are asked about in one turn of the event loop; bytes pass between turns. */
const ASKED_AT_ONCE = 500;

/** The part of a session that is looked at. */
export type Swept = Pick<Session, "id" | "user" | "viewer" | "log" | "end">;

/** Looks at all sessions every two seconds, while it runs. */
export class Sweep {
  readonly #list: () => readonly Swept[];
  #timer: ReturnType<typeof setInterval> | undefined;
  #last: Promise<void> = Promise.resolve();
  /** A look that has not begun yet. */
  #next: Promise<void> | undefined;

  constructor(list: () => readonly Swept[]) {
    this.#list = list;
  }

  /** Resolves when no look is under way. */
  get settled(): Promise<void> {
    return this.#last;
  }

  begin(): void {
    this.#timer ??= setInterval(() => void this.look(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Ends every session that must end, each with its own reason; resolves when all were looked at. Looks do not overlap: a
   * call during one waits for a further one, because the first may have asked before a permission changed.
   */
  look(): Promise<void> {
    return this.#next ??= this.#last = this.#last.then(() => {
      this.#next = undefined;
      return endWhereDue(this.#list());
    });
  }
}

async function endWhereDue(sessions: readonly Swept[]): Promise<void> {
  const giveWay = createGiveWay();
  /** One session of each permission: thousands may stand on the same. */
  const asked = new Map<string, Swept>();
  for (const session of sessions) {
    await giveWay();
    const reason = explainSilence(session);
    if (reason) session.end(reason);
    else if (session.user.whyEnd) asked.set(nameOf(session), session);
  }
  const { ended, failures } = await askAll([...asked]);
  const [failure] = failures;
  failure?.log.error("Cannot check permissions; trying again", { sessions: failures.length, cause: failure.cause });
  if (ended.size === 0) return;
  for (const session of sessions) {
    await giveWay();
    const reason = ended.get(nameOf(session));
    if (reason) session.end(reason);
  }
}

function nameOf({ id, user: { permission = id } }: Swept): string {
  return permission;
}

/** What was found out: the permissions that have ended, and those that cannot be checked, whose sessions go on. */
interface Answers {
  readonly ended: ReadonlyMap<string, PortholeError>;
  readonly failures: readonly { readonly log: Log; readonly cause: string }[];
}

async function askAll(asked: readonly [string, Swept][]): Promise<Answers> {
  const ended = new Map<string, PortholeError>();
  const failures: Answers["failures"][number][] = [];
  const ask = async ([permission, { user, log }]: [string, Swept]) => {
    const reason = await user.whyEnd?.().catch((cause) => void failures.push({ log, cause: String(cause) }));
    if (reason) ended.set(permission, reason);
  };
  for (let at = 0; at < asked.length; at += ASKED_AT_ONCE) {
    if (at > 0) await delay(0);
    await Promise.all(asked.slice(at, at + ASKED_AT_ONCE).map(ask));
  }
  return { ended, failures };
}

/** Why a session must end that is looked at: its viewer has stalled, or its user has left the desk. */
function explainSilence({ viewer, user: { idleLimitMs = 0 } }: Swept): PortholeError | undefined {
  const stall = viewer.explainStall();
  if (stall || idleLimitMs === 0 || viewer.idleMs < idleLimitMs) return stall;
  const limit = idleLimitMs < 120_000 ? `${idleLimitMs / 1000} s` : `${Math.round(idleLimitMs / 60_000)} minutes`;
  return new PortholeError("idle", `No keyboard or mouse input for ${limit}`);
}
