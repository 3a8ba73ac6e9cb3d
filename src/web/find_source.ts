/** From the name in an address to a source and the sender's role on it. */
import type { Context } from "hono";
import type { Role } from "../access/access.ts";
import type { SourceConfig } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import type { Env } from "./env.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A source and what the sender of the request may do with it. */
export interface Permitted {
  readonly source: SourceConfig;
  readonly role: Role;
}

/**
 * Finds a decoded name in the configuration's snapshot and checks the permission.
 *
 * @throws PortholeError source_unknown: the same for an invalid name, an unknown one, and one that is not allowed.
 */
export function findSource(c: Context<Env>, name: string): Permitted {
  const source = NAME.test(name) ? c.var.config.sources.get(name) : undefined;
  const role = source ? c.var.authentication.access.roleOn(c.var.identity, source) : null;
  if (source && role) return { source, role };
  throw new PortholeError("source_unknown", "This screen does not exist");
}

/** Every source that the sender of the request may open. */
export function listSources(c: Context<Env>): Permitted[] {
  return [...c.var.config.sources.values()].flatMap((source) => {
    const role = c.var.authentication.access.roleOn(c.var.identity, source);
    return role ? [{ source, role }] : [];
  });
}
