import type { Context } from "hono";
import { markToken } from "../config/source_token.ts";
import type { Env } from "./env.ts";

/** The addresses in which a token can stand in place of a source's name. */
const NAMED = /^(\/(?:ws\/vnc|site\/vnc|api\/sources)\/)([^/]+)/;

/** The path as logs may show it: where there are tokens, every unknown name is replaced by the name that stands for it. */
export function readLoggedPath({ req, var: { config, readTokensAgain } }: Context<Env>): string {
  if (readTokensAgain === undefined) return req.path;
  return req.path.replace(NAMED, (all, before, written) => {
    const name = decode(written);
    return config.sources.has(name) ? all : before + markToken(name).name;
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
