/** Share links in the JSON interface. */
import { z } from "zod";
import {
  createLink,
  linkRequestSchema,
  linkSchema,
  listLinks,
  newLinkSchema,
  revokeLink,
  viewLink,
} from "../account/links.ts";
import { findSource } from "../find_source.ts";
import { defineOperation } from "./operation.ts";

const listOfSource = defineOperation({
  method: "get",
  path: "/sources/:name/links",
  summary: "Lists your share links to a source; for admins, everybody's",
  success: { status: 200, description: "The links, newest first", schema: z.array(linkSchema) },
  errors: ["source_unknown", "limit_reached"],
  respond: async (c) => {
    const { source } = await findSource(c, c.req.param("name")!);
    return (await listLinks(c)).filter((link) => link.source === source.name).map(viewLink);
  },
});

const create = defineOperation({
  method: "post",
  path: "/sources/:name/links",
  summary: "Creates a share link",
  body: linkRequestSchema,
  success: { status: 201, description: "The new link", schema: newLinkSchema },
  errors: ["source_unknown", "bad_request", "not_allowed", "limit_reached", "not_stored"],
  respond: async (c, { body }) => createLink(c, await findSource(c, c.req.param("name")!), body),
});

const revoke = defineOperation({
  method: "delete",
  path: "/sources/:name/links/:id",
  summary: "Revokes a share link and ends the sessions that were opened with it",
  success: { status: 204, description: "The link is revoked" },
  errors: ["source_unknown", "limit_reached", "not_found", "not_stored"],
  respond: async (c) => revokeLink(c, c.req.param("id")!, (await findSource(c, c.req.param("name")!)).source.name),
});

/** Everything below /api/sources/:name/links. */
export const LINK_OPERATIONS = [listOfSource, create, revoke];
