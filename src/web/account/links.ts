/** Share links: what the JSON interface and the account page do with them. */
import type { Context } from "hono";
import { z } from "zod";
import { type Identity, mayShare } from "../../access/access.ts";
import type { ShareLink } from "../../access/share_links.ts";
import { parseDuration } from "../../config/units.ts";
import { PortholeError } from "../../errors.ts";
import { makePublicAddress } from "../base.ts";
import { carryOut } from "../carry_out.ts";
import type { Env } from "../env.ts";
import type { Permitted } from "../find_source.ts";
import { instant } from "../json_fields.ts";
import { noteEvent } from "../note_event.ts";

const roleSchema = z.enum(["view", "control"], "role must be view or control");

/** A share link as lists show it, without its secret. */
export const linkSchema = z.object({
  id: z.string(),
  source: z.string().describe("The source's name"),
  role: roleSchema,
  label: z.string(),
  created_by: z.string(),
  created: instant("When the link was created"),
  expires: instant("When the link expires"),
  uses_left: z.int().min(0).nullable().describe("How often the link can still be opened; null means without limit"),
}).meta({ id: "Link", description: "A share link: anyone who has it can open the source" });

/** A link as only its creator sees it, once. */
export const newLinkSchema = linkSchema.extend({
  url: z.string().describe("The link itself. It is shown only here"),
}).meta({ id: "NewLink", description: "A share link with its secret" });

/** The body of a request for a new link. */
export const linkRequestSchema = z.strictObject({
  role: roleSchema.default("view"),
  expires: z.string("expires must be text such as 1h or 2027-01-31T12:00:00Z").default("1d")
    .describe(
      "A duration of up to a year, such as 1h or 365d, or an instant within the next year. The link expires earlier if what created it does",
    ),
  uses: z.int("uses must be a whole number").min(1, "uses must be at least 1").max(10_000, "uses must be at most 10000")
    .nullable().default(null).describe("How often the link can be opened; null means without limit"),
  label: z.string("label must be text").max(80, "label must be at most 80 characters").default(""),
}, "the body must be a JSON object").meta({ id: "LinkRequest", description: "A share link to create" });

type LinkView = z.output<typeof linkSchema>;

const EXPIRES_MAX_MS = 366 * 24 * 3_600_000;

/**
 * Creates a link and returns its address, with the secret in the fragment.
 *
 * @throws PortholeError bad_request for an invalid expiry, not_allowed, limit_reached, or not_stored.
 */
export async function createLink(
  c: Context<Env>,
  { source, role }: Permitted,
  asked: z.output<typeof linkRequestSchema>,
): Promise<z.output<typeof newLinkSchema>> {
  const { identity } = c.var;
  const { links } = c.var.authentication;
  const expiresMs = Math.min(readExpiry(asked.expires), identity.untilMs ?? Infinity);
  if (!mayShare(identity)) throw new PortholeError("not_allowed", "You are not allowed to share screens");
  if (asked.role === "control" && role === "view") {
    throw new PortholeError("not_allowed", "You can only view this screen, so you cannot share control of it");
  }
  const { link, secret } = await links.make({
    source: source.name,
    role: asked.role,
    label: cleanLabel(asked.label),
    usesLeft: asked.uses,
    expiresMs,
    createdBy: identity.name,
    proof: identity.proof,
  });
  noteEvent(c, describeEvent("link_created", link));
  return { ...viewLink(link), url: `${makePublicAddress(c, "share")}#${secret}` };
}

/** The links that the sender of the request can see: their own; for admins, all. */
export async function listLinks(c: Context<Env>): Promise<ShareLink[]> {
  const all = await c.var.authentication.links.list();
  return all.filter((link) => maySee(link, c.var.identity));
}

/**
 * Revokes a link and signs out everybody who opened it.
 *
 * @throws PortholeError not_found for a link that does not exist or belongs to somebody else; not_stored, although the
 * link has ended, until that is stored.
 */
export async function revokeLink(c: Context<Env>, id: string, source?: string): Promise<void> {
  const { links } = c.var.authentication;
  const link = await links.get(id);
  if (!link) await links.confirmRevoked(id);
  const isMeant = link && maySee(link, c.var.identity) && (source === undefined || link.source === source);
  if (!isMeant) throw new PortholeError("not_found", "This share link does not exist");
  await carryOut(c, links.revoke(id), "The share link is revoked", describeEvent("link_revoked", link));
}

/** Describes a link, without its secret. */
export function viewLink(link: ShareLink): LinkView {
  const { id, source, role, label, createdBy, createdMs, expiresMs, usesLeft } = link;
  const [created, expires] = [new Date(createdMs).toISOString(), new Date(expiresMs).toISOString()];
  return { id, source, role, label, created_by: createdBy, created, expires, uses_left: usesLeft };
}

function maySee(link: ShareLink, identity: Identity): boolean {
  return identity.admin || (mayShare(identity) && link.createdBy === identity.name);
}

function cleanLabel(label: string): string {
  // deno-lint-ignore no-control-regex
  return label.replace(/[\u0000-\u001f\u007f]/g, " ").trim();
}

/** A duration from now, or an instant. @throws PortholeError bad_request */
function readExpiry(text: string): number {
  const now = Date.now();
  const expiresMs = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : now + readDuration(text);
  if (expiresMs > now && expiresMs - now <= EXPIRES_MAX_MS) return expiresMs;
  throw new PortholeError(
    "bad_request",
    "Invalid request: expires must be a duration of up to a year, such as 1h or 365d, or an instant within the next year",
  );
}

/** Milliseconds; NaN for a text that is not a duration. */
function readDuration(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    return NaN;
  }
}

function describeEvent(event: "link_created" | "link_revoked", { source, id, role }: ShareLink) {
  return { event, what: `${source} ${id} ${role}` };
}
