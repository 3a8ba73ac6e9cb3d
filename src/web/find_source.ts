/** From the name or the token in an address to a source and the sender's role on it. */
import type { Context } from "hono";
import { mayList, type Role } from "../access/access.ts";
import { createGiveWay } from "../async/give_way.ts";
import type { Config, SourceConfig } from "../config/config.ts";
import { markToken } from "../config/source_token.ts";
import { PortholeError } from "../errors.ts";
import { type Env, readAddress } from "./env.ts";

/** A source and what the sender of the request may do with it. */
export interface Permitted {
  readonly source: SourceConfig;
  readonly role: Role;
}

/**
 * Finds the source of a decoded name, or of a token of a token file, and checks the permission.
 *
 * @throws PortholeError source_unknown: the same for an invalid name, an unknown one, and one that is not allowed;
 * limit_reached after many of them, where tokens could be guessed.
 */
export async function findSource(c: Context<Env>, name: string): Promise<Permitted> {
  const found = lookUp(c, name) ?? await lookUpAgain(c, name);
  if (found) return found;
  throw new PortholeError("source_unknown", "This screen does not exist");
}

/** Which sources a list shows. */
export interface ListOptions {
  /** Words that its name, title or group must contain, ignoring case. */
  readonly search?: string | undefined;
  /** Most sources that are listed. */
  readonly limit?: number | undefined;
}

/** A list of sources, and the number of all that match. */
export interface SourceList {
  readonly permitted: readonly Permitted[];
  readonly total: number;
}

/** Sources that lists may show to the sender of the request, and that they may open. */
export async function listSources(
  c: Context<Env>,
  { search = "", limit = Infinity }: ListOptions = {},
): Promise<SourceList> {
  const words = search.toLowerCase().split(/\s+/);
  const giveWay = createGiveWay();
  const permitted: Permitted[] = [];
  let total = 0;
  for (const source of c.var.config.sources.values()) {
    await giveWay();
    const found = mayList(c.var.identity, source) && matches(source, words) ? permit(c, source) : undefined;
    if (found && total++ < limit) permitted.push(found);
  }
  return { permitted, total };
}

function matches({ name, title, group = "" }: SourceConfig, words: readonly string[]): boolean {
  const haystack = `${name} ${title} ${group}`.toLowerCase();
  return words.every((word) => haystack.includes(word));
}

function lookUp(c: Context<Env>, name: string): Permitted | undefined {
  const source = findByName(c, name) ?? findByToken(c.var.config, name);
  return source && permit(c, source);
}

function findByName({ var: { config, identity } }: Context<Env>, name: string): SourceConfig | undefined {
  const source = config.sources.get(name);
  return source && mayList(identity, source) ? source : undefined;
}

function findByToken({ sources }: Config, token: string): SourceConfig | undefined {
  const { name, tokenHash } = markToken(token);
  const source = sources.get(name);
  return source?.tokenHash === tokenHash ? source : undefined;
}

/** A token is used as soon as it is written, so the files are read again. An unknown one counts as a connection. */
async function lookUpAgain(c: Context<Env>, name: string): Promise<Permitted | undefined> {
  const { readTokensAgain, sessions } = c.var;
  if (readTokensAgain === undefined) return undefined;
  await sessions.connectLimit.take(readAddress(c));
  c.set("config", await readTokensAgain());
  return lookUp(c, name);
}

function permit(c: Context<Env>, source: SourceConfig): Permitted | undefined {
  const role = c.var.authentication.access.roleOn(c.var.identity, source);
  return role ? { source, role } : undefined;
}
