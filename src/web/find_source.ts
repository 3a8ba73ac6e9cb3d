/** From the name in an address to a Source, or to one answer for "not there" and "not yours". */
import type { Context } from "hono";
import type { Access, Role } from "../access/access.ts";
import type { SourceConfig } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import type { Env } from "./env.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A source and what the one who asks may do with it. */
export interface Permitted {
  readonly source: SourceConfig;
  readonly role: Role;
}

/**
 * Looks a decoded name up in the configuration's snapshot and asks for permission.
 *
 * @throws PortholeError source_unknown, alike for a name that is not one, not there, and not allowed.
 */
export function findSource(c: Context<Env>, access: Access, name: string): Permitted {
  const source = NAME.test(name) ? c.var.config.sources.get(name) : undefined;
  const role = source ? access.roleOn(c.var.identity, source) : null;
  if (source && role) return { source, role };
  throw new PortholeError("source_unknown", "There is no source with this name");
}

/** Every source that the one who asks may open. */
export function listSources(c: Context<Env>, access: Access): Permitted[] {
  return [...c.var.config.sources.values()].flatMap((source) => {
    const role = access.roleOn(c.var.identity, source);
    return role ? [{ source, role }] : [];
  });
}
