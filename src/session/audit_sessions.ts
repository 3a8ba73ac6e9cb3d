import type { Audit } from "../telemetry/audit.ts";
import type { Session, SessionListener } from "./session.ts";

/** Notes the beginning and the end of each session in the audit log. */
export function auditSessions(audit: Audit): SessionListener {
  return {
    onOpened: (session) => audit.note({ event: "session_opened", ...describe(session), outcome: "ok" }),
    onEnded: (session, { code }) => {
      const { upBytes, downBytes } = session.count;
      const amounts = { seconds: session.ageMs / 1000, up_bytes: upBytes, down_bytes: downBytes };
      audit.note({ event: "session_ended", ...describe(session), outcome: code, ...amounts });
    },
  };
}

function describe({ id, source, user }: Session) {
  return { session: id, who: user.name, from: user.address, what: source.name };
}
