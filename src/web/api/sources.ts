/** Sources in the JSON interface. */
import { z } from "zod";
import { createGiveWay } from "../../async/give_way.ts";
import { PortholeError } from "../../errors.ts";
import { admitViewer } from "../admit_viewer.ts";
import { findSource, listSources } from "../find_source.ts";
import { sourceSchema, type SourceView, viewSource } from "../source_view.ts";
import { defineOperation } from "./operation.ts";

const SEARCH = "search must be text of at most 200 characters";
const LIMIT = "limit must be a whole number from 1 to 100000";
const listQuerySchema = z.object({
  search: z.string(SEARCH).max(200, SEARCH).optional(),
  limit: z.coerce.number(LIMIT).int(LIMIT).min(1, LIMIT).max(100_000, LIMIT).optional(),
});

const listAll = defineOperation({
  method: "get",
  path: "/sources",
  summary: "Lists the sources that you may open; those whose name, title or group contains every word of `search`",
  query: listQuerySchema,
  success: { status: 200, description: "The sources, in the order of sources.yaml", schema: z.array(sourceSchema) },
  errors: ["bad_request"],
  respond: async (c, { query }) => {
    const { permitted } = await listSources(c, query);
    const giveWay = createGiveWay();
    const views: SourceView[] = [];
    for (const one of permitted) {
      await giveWay();
      views.push(viewSource(c, one));
    }
    return views;
  },
});

const show = defineOperation({
  method: "get",
  path: "/sources/:name",
  summary: "Shows one source",
  success: { status: 200, description: "The source", schema: sourceSchema },
  errors: ["source_unknown", "limit_reached"],
  respond: async (c) => viewSource(c, await findSource(c, c.req.param("name")!)),
});

const probe = defineOperation({
  method: "get",
  path: "/sources/:name/probe",
  summary: "Shows one source, and probes it first if the last result is older than a minute",
  success: { status: 200, description: "The source", schema: sourceSchema },
  errors: ["source_unknown", "limit_reached"],
  respond: async (c) => {
    const permitted = await findSource(c, c.req.param("name")!);
    return viewSource(c, permitted, await c.var.sources.get(permitted.source).probe());
  },
});

const retry = defineOperation({
  method: "post",
  path: "/sources/:name/retry",
  summary: "Allows another login attempt with a password that the source refused",
  success: { status: 204, description: "The gateway may try the password again" },
  errors: ["source_unknown", "limit_reached", "not_allowed"],
  respond: async (c) => {
    const { source, role } = await findSource(c, c.req.param("name")!);
    if (role !== "control" && !c.var.identity.admin) {
      throw new PortholeError("not_allowed", "View-only users cannot retry a login");
    }
    c.var.sources.get(source).forgive();
  },
});

/** POST, although it changes nothing: browsers then send the Origin header, which is a part of the verdict. */
const admission = defineOperation({
  method: "post",
  path: "/sources/:name/admission",
  summary: "Says whether a WebSocket to the source would open now, with the same errors, and counts against no limit",
  success: { status: 204, description: "It would open" },
  errors: ["source_unknown", "limit_reached", "draining"],
  respond: (c) => admitViewer(c, { name: c.req.param("name")!, connects: "check" }, () => {}),
});

/** Everything below /api/sources except share links. */
export const SOURCE_OPERATIONS = [listAll, show, probe, admission, retry];
