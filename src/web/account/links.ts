/** Share links, for the interface and for the account page. */
import type { Context } from "hono";
import { z } from "zod";
import type { Identity } from "../../access/access.ts";
import { groupAddress } from "../../access/peer.ts";
import type { ShareLink, ShareLinks } from "../../access/share_links.ts";
import { parseDuration } from "../../config/units.ts";
import { PortholeError } from "../../errors.ts";
import type { Audit } from "../../telemetry/audit.ts";
import type { Env } from "../env.ts";
import type { Permitted } from "../find_source.ts";

/** What links need. */
export interface LinkParts {
  links: ShareLinks;
  audit: Audit;
  /** Ends sessions whose link has ended, without waiting for the next look. */
  endUnpermitted: () => void;
}

/** A link as it is shown: never its secret. */
export interface LinkView {
  readonly id: string;
  readonly source: string;
  readonly role: string;
  readonly label: string;
  readonly created_by: string;
  readonly created: string;
  readonly expires: string;
  readonly uses_left: number | null;
}

const LONGEST_MS = 366 * 24 * 3_600_000;
const MOST_OF_ONE_SOURCE = 200;

const details = z.strictObject({
  role: z.enum(["view", "control"], "role must be view or control").default("view"),
  expires: z.string("expires must be text such as 1h or 2027-01-31T12:00:00Z").default("1d"),
  uses: z.int("uses must be a whole number").min(1, "uses must be at least 1").max(10_000, "uses must be at most 10000")
    .nullable().default(null),
  label: z.string("label must be text").max(80, "label must be at most 80 characters").default(""),
});

/**
 * Makes a link and gives its address, whose secret stands in the fragment.
 *
 * @throws PortholeError bad_request for details that make no sense, not_allowed for who may not share.
 */
export function makeLink(
  c: Context<Env>,
  { links, audit }: LinkParts,
  { source, role }: Permitted,
  written: unknown,
): LinkView & { url: string } {
  const { identity, peer, base, config } = c.var;
  const asked = readDetails(written);
  if (!mayShare(identity)) throw new PortholeError("not_allowed", "You may not share sources");
  if (asked.role === "control" && role === "view") {
    throw new PortholeError("not_allowed", "You may only look at this source, so you can share no more than that");
  }
  if (links.list().filter((link) => link.source === source.name).length >= MOST_OF_ONE_SOURCE) {
    throw new PortholeError("limit_reached", "This source has as many links as it may have: revoke some");
  }
  const byUser = config.auth.mode !== "none" && config.auth.users.has(identity.name);
  const { link, secret } = links.make({ ...asked, source: source.name, createdBy: identity.name, byUser });
  noteLink(audit, "link_created", c, link);
  return { ...viewLink(link), url: `${new URL(`${base}share`, peer.origin).href}#${secret}` };
}

/** The links that one may see: one's own; for admins, all. */
export function listLinks({ links }: Pick<LinkParts, "links">, identity: Identity): ShareLink[] {
  return links.list().filter((link) => maySee(link, identity));
}

/**
 * Revokes a link; who came by it is out at once.
 *
 * @throws PortholeError not_found for one that is not there or not one's own.
 */
export function revokeLink(c: Context<Env>, parts: LinkParts, id: string, source?: string): void {
  const { links, audit, endUnpermitted } = parts;
  const link = links.get(id);
  const isMeant = link && maySee(link, c.var.identity) && (source === undefined || link.source === source);
  if (!isMeant) throw new PortholeError("not_found", "There is no such link");
  links.revoke(id);
  endUnpermitted();
  noteLink(audit, "link_revoked", c, link);
}

/** Whether one may make links at all. */
export function mayShare({ bounds }: Identity): boolean {
  return bounds?.links !== false;
}

/** A link without its secret. */
export function viewLink(link: ShareLink): LinkView {
  const { id, source, role, label, createdBy, usesLeft } = link;
  const [created, expires] = [link.createdMs, link.expiresMs].map((ms) => new Date(ms).toISOString());
  return { id, source, role, label, created_by: createdBy, created: created!, expires: expires!, uses_left: usesLeft };
}

function maySee(link: ShareLink, identity: Identity): boolean {
  return identity.admin || (mayShare(identity) && link.createdBy === identity.name);
}

function readDetails(written: unknown) {
  const result = details.safeParse(written);
  if (!result.success) throw new PortholeError("bad_request", explain(result.error));
  const { role, label, uses, expires } = result.data;
  // deno-lint-ignore no-control-regex
  const plainLabel = label.replace(/[\u0000-\u001f\u007f]/g, " ").trim();
  return { role, label: plainLabel, usesLeft: uses, expiresMs: readExpiry(expires) };
}

function explain({ issues }: z.ZodError): string {
  const [issue] = issues;
  if (issue?.code === "unrecognized_keys") {
    return `Unknown: ${issue.keys.join(", ")}; known are role, expires, uses, label`;
  }
  return `Cannot make this link: ${issue?.message ?? "it makes no sense"}`;
}

/** A duration from now, or an instant. */
function readExpiry(text: string): number {
  const now = Date.now();
  const instant = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : now + readDuration(text);
  if (instant > now && instant - now <= LONGEST_MS) return instant;
  throw new PortholeError("bad_request", "Cannot make this link: expires must lie within the year to come");
}

function readDuration(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    throw new PortholeError(
      "bad_request",
      "Cannot make this link: expires must be such as 30m, 1h or 7d, or an instant",
    );
  }
}

function noteLink(audit: Audit, event: "link_created" | "link_revoked", c: Context<Env>, link: ShareLink): void {
  const from = groupAddress(c.var.peer.address);
  audit.note({ event, who: c.var.identity.name, from, what: `${link.source} ${link.id} ${link.role}`, outcome: "ok" });
}
