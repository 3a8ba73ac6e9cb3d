/** The command that makes a new login link, as a page may show it. */
import type { Context } from "hono";
import { isThisMachine } from "../../access/peer.ts";
import type { Env } from "../env.ts";

/** Headers by which proxies say that they passed a request on. */
const PASSED_ON = /^(via|forwarded|x-real-ip|x-forwarded-.*)$/;

/** The line to type; undefined for a browser on another machine, which learns no path of this one. */
export function findLinkCommand(c: Context<Env>): string | undefined {
  return isOnThisMachine(c) ? c.var.about.describeCommand("link") : undefined;
}

/** Whether the browser runs on the gateway's machine, as far as can be told: a proxy there may speak for another one. */
function isOnThisMachine(c: Context<Env>): boolean {
  if (c.var.peer.proxied || [...c.req.raw.headers.keys()].some((name) => PASSED_ON.test(name))) return false;
  const { hostname } = new URL(c.req.url);
  return isThisMachine(c.var.peer.address) && isThisMachine(hostname);
}
