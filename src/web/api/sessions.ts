/** Live sessions in the JSON interface. */
import { z } from "zod";
import type { Identity } from "../../access/access.ts";
import { PortholeError } from "../../errors.ts";
import type { Session } from "../../session/session.ts";
import { viewSession } from "../../session/session_view.ts";
import { count, instant } from "../json_fields.ts";
import { noteEvent } from "../note_event.ts";
import { defineOperation } from "./operation.ts";

const sessionSchema = z.object({
  id: z.string(),
  source: z.string().describe("The source's name"),
  state: z.enum(["dialing", "handshake", "open", "closing", "ended"]),
  address: z.string().describe("The viewer's address, as limits group it"),
  user: z.string().describe("Who opened the session").optional(),
  started: instant("When the session began"),
  up_bytes: count("Bytes sent from the viewer to the source"),
  down_bytes: count("Bytes sent from the source to the viewer"),
  detail: z.string().describe('Protocol version and security type, such as "RFB 3.8, VeNCrypt X509Plain"'),
  mode: z.enum(["pass_through", "login"]).describe(
    "Who logged in to the VNC server: pass_through is the viewer, login the gateway",
  )
    .optional(),
  rtt_ms: z.number().min(0).describe("Round-trip time to the viewer page, in milliseconds").optional(),
}).meta({ id: "Session", description: "One viewer on one source" });

const listAll = defineOperation({
  method: "get",
  path: "/sessions",
  summary: "Lists your sessions; for admins, all sessions",
  success: { status: 200, description: "The sessions, oldest first", schema: z.array(sessionSchema) },
  errors: [],
  respond: (c) => {
    const { sessions, identity } = c.var;
    return sessions.registry.list().filter((session) => maySee(session, identity)).map(viewSession);
  },
});

const end = defineOperation({
  method: "delete",
  path: "/sessions/:id",
  summary: "Ends a session",
  success: { status: 204, description: "The session is ending" },
  errors: ["not_found"],
  respond: (c) => {
    const { sessions, identity } = c.var;
    const session = sessions.registry.get(c.req.param("id")!);
    if (!session || !maySee(session, identity)) throw new PortholeError("not_found", "This session does not exist");
    const code = identity.admin ? "session_ended_by_admin" : "viewer_left";
    session.end(new PortholeError(code, "This session was ended by a user"));
    noteEvent(c, { event: "session_ended_by_user", what: `${session.source.name} ${session.id}` });
  },
});

function maySee({ user }: Session, { name, admin }: Identity): boolean {
  return admin || user.name === name;
}

/** Everything below /api/sessions. */
export const SESSION_OPERATIONS = [listAll, end];
