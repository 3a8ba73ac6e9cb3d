import type { Context } from "hono";
import type { AuditEvent } from "../telemetry/audit.ts";
import { type Env, readAddress } from "./env.ts";

/** An event without the fields that follow from the request. */
type Noted = Omit<AuditEvent, "from" | "outcome"> & Partial<Pick<AuditEvent, "outcome">>;

/** Writes an event of this request to the audit log. The request gives `who` and `from`; the default outcome is "ok". */
export function noteEvent(c: Context<Env>, { event, ...details }: Noted): void {
  const { telemetry, identity } = c.var;
  telemetry.audit.note({ event, who: identity?.name, from: readAddress(c), outcome: "ok", ...details });
}
