import type { Context } from "hono";
import type { AuditEvent } from "../telemetry/audit.ts";
import { type Env, readAddress } from "./env.ts";

/** An event without what the request itself says. */
type Noted = Omit<AuditEvent, "from" | "outcome"> & Partial<Pick<AuditEvent, "outcome">>;

/** Writes to the audit log what the sender of this request did: who and from where are known, "ok" is the outcome. */
export function noteEvent(c: Context<Env>, { event, ...details }: Noted): void {
  const { telemetry, identity } = c.var;
  telemetry.audit.note({ event, who: identity?.name, from: readAddress(c), outcome: "ok", ...details });
}
