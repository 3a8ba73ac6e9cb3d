/** The audit log in the JSON interface. */
import { z } from "zod";
import { AUDIT_EVENTS } from "../../telemetry/audit.ts";
import { requireAdmin } from "../guards.ts";
import { count, instant } from "../json_fields.ts";
import { defineOperation } from "./operation.ts";

const auditLineSchema = z.object({
  time: instant("When it happened"),
  event: z.enum(AUDIT_EVENTS),
  who: z.string().describe("The user or program; missing when unknown").optional(),
  from: z.string().describe("The address that the request came from").optional(),
  what: z.string().describe("The source, link or path concerned").optional(),
  outcome: z.string().describe('"ok", or an error code'),
  detail: z.string().describe("What was refused and why; it may quote the request").optional(),
  by: z.string().describe("The sign-in method").optional(),
  session: z.string().describe("The session's id").optional(),
  seconds: z.number().min(0).describe("How long the session lasted").optional(),
  up_bytes: count("Bytes sent from the viewer to the source").optional(),
  down_bytes: count("Bytes sent from the source to the viewer").optional(),
  left_out: count("Similar refusals that were suppressed before this one, or lines that were lost").optional(),
}).meta({ id: "AuditLine", description: "An entry of the audit log" });

const LIMIT = "limit must be a whole number from 1 to 1000";
const querySchema = z.object({
  limit: z.coerce.number(LIMIT).int(LIMIT).min(1, LIMIT).max(1_000, LIMIT).default(100),
});

const listNewest = defineOperation({
  method: "get",
  path: "/audit",
  summary: "Lists the newest entries of the audit log, for admins",
  guards: [requireAdmin],
  query: querySchema,
  success: { status: 200, description: "The entries, newest first", schema: z.array(auditLineSchema) },
  errors: ["not_allowed", "bad_request"],
  respond: (c, { query }) => c.var.telemetry.audit.list(query.limit),
});

/** Everything below /api/audit. */
export const AUDIT_OPERATIONS = [listNewest];
