/** From the name or the token in an address to a source and the sender's role on it. */
import type { Context } from "hono";
import { mayList, type Role } from "../access/access.ts";
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

/** Every source that lists may show to the sender of the request, and that they may open. */
export function listSources(c: Context<Env>): Permitted[] {
  return [...c.var.config.sources.values()].filter((source) => mayList(c.var.identity, source))
    .flatMap((source) => permit(c, source) ?? []);
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
