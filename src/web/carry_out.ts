import type { Context } from "hono";
import { asPortholeError, PortholeError } from "../errors.ts";
import type { Env } from "./env.ts";
import { noteEvent } from "./note_event.ts";

/**
 * Waits for a change, ends the sessions that it concerns, and notes it. That includes a change that is in effect but
 * could not be stored, which is then thrown after the sentence `done`. A change that resolves to false was not made.
 *
 * @throws PortholeError not_stored
 */
export async function carryOut(
  c: Context<Env>,
  change: Promise<boolean | void>,
  done: string,
  event: Parameters<typeof noteEvent>[1],
): Promise<boolean> {
  const result = await change.then((made) => made !== false, asPortholeError);
  if (result === false) return false;
  if (result !== true && result.code !== "not_stored") throw result;
  await c.var.sessions.registry.endUnpermitted();
  noteEvent(c, { ...event, outcome: result === true ? "ok" : result.code });
  if (result !== true) throw new PortholeError("not_stored", `${done}. ${result.message}`, { cause: result });
  return true;
}
