/** A source as programs and the dashboard see it. */
import type { Context } from "hono";
import { z } from "zod";
import type { Finding } from "../source/prober.ts";
import type { Env } from "./env.ts";
import type { Permitted } from "./find_source.ts";
import { count, instant } from "./json_fields.ts";
import { codeSchema } from "./problem_schema.ts";

/** The source in JSON. */
export const sourceSchema = z.object({
  name: z.string(),
  title: z.string(),
  group: z.string().optional(),
  view_only: z.boolean().describe("Whether you can only view this source"),
  sessions: count("Open sessions"),
  status: z.enum(["up", "down", "unknown"]),
  detail: z.string().describe("What the last probe or session found, in words"),
  mode: z.enum(["pass_through", "login"]).describe(
    "Who logs in to the VNC server: pass_through is the viewer, login the gateway",
  )
    .optional(),
  warning: z.string().describe("What to know about the certificate or key of the VNC server, in words").optional(),
  code: codeSchema.describe("The error code, when the source is down").optional(),
  checked: instant("When the source was last probed or opened; missing if it never was").optional(),
}).meta({ id: "Source", description: "A VNC server that Porthole connects to" });

/** What lists show of a source: never its host. */
export type SourceView = z.output<typeof sourceSchema>;

/** Describes a source to the sender of the request. */
export function viewSource(
  c: Context<Env>,
  { source, role }: Permitted,
  finding: Finding = c.var.sources.findingOf(source),
): SourceView {
  const { name, title, group, viewOnly } = source;
  return {
    name,
    title,
    ...(group === undefined ? {} : { group }),
    view_only: viewOnly || role === "view",
    sessions: c.var.sessions.registry.countSource(name),
    ...finding,
  };
}
