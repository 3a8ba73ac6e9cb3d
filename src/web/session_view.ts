/** Sessions as the JSON interface shows them. */
import { z } from "zod";
import type { Session } from "../session/session.ts";
import { showState } from "../session/state.ts";
import { count, instant } from "./json_fields.ts";

/** One session. */
export const sessionSchema = z.object({
  id: z.string(),
  source: z.string().describe("The source's name"),
  state: z.enum(["dialing", "handshake", "open", "held", "closing", "ended"]).describe(
    "held: the viewer has lost its connection, and may come back",
  ),
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

/** Describes a session for lists. */
export function viewSession(session: Session): z.output<typeof sessionSchema> {
  const { id, source, user, startedAtMs, count, opened, side } = session;
  return {
    id,
    source: source.name,
    state: showState(session),
    address: user.address,
    ...(user.name === undefined ? {} : { user: user.name }),
    started: new Date(startedAtMs).toISOString(),
    up_bytes: count.upBytes,
    down_bytes: count.downBytes,
    detail: opened?.detail ?? "",
    ...(opened === undefined ? {} : { mode: opened.mode }),
    ...(side.rttMs === undefined ? {} : { rtt_ms: side.rttMs }),
  };
}
