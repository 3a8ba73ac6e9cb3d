/** Live sessions in the JSON interface. */
import { z } from "zod";
import type { Identity } from "../../access/access.ts";
import { PortholeError } from "../../errors.ts";
import type { Session } from "../../session/session.ts";
import { noteEvent } from "../note_event.ts";
import { sessionSchema, viewSession } from "../session_view.ts";
import { defineOperation } from "./operation.ts";

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

/** Guests of one share link have the same name, but are strangers to each other. */
function maySee({ user }: Session, { name, admin, by, signIn }: Identity): boolean {
  return admin || (by === "share_link" ? user.signIn === signIn : user.name === name);
}

/** Everything below /api/sessions. */
export const SESSION_OPERATIONS = [listAll, end];
