/** The limit on responses that are not sent yet: a reader that stalls keeps its part, and it must not be all memory. */
import type { Context, MiddlewareHandler } from "hono";
import { PortholeError } from "../errors.ts";
import { FairShares } from "../fair_shares.ts";
import { type Env, readAddress } from "./env.ts";
import { streamBytes } from "./stream_bytes.ts";

/**
 * The runtime keeps 50 KB for each whose reader stalls. One address gets 228, more than the 200 that one HTTP/2 connection
 * can have, since a page with many pictures asks for all at once; 20 addresses that take all they get leave 190.
 */
const RESPONSES = { max: 2_048, portion: 1 / 8 };
/** A list of 20,000 sources has 2 MB, and several times that while it is made. One address gets 8. */
const LONG_LISTS = { max: 32, portion: 1 / 4 };
const LONG_LIST_SOURCES = 1_000;
const RETRY_MS = 2_000;
/** A monitor may share its address with those who take everything; these answers are small. */
const UNLIMITED: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

/**
 * Refuses a request if too many responses to its sender are under way, from the request to its last byte.
 *
 * Over HTTP/2, a reader can ask for hundreds of responses on one connection and take none of them. The runtime has no
 * deadline for that, and reads on from a body that fails only when its reader does.
 */
export function limitResponses(): MiddlewareHandler<Env> {
  const [shares, longLists] = [new FairShares(RESPONSES), new FairShares(LONG_LISTS)];
  return async (c, next) => {
    if (UNLIMITED.has(c.req.path)) return await next();
    const giveBack = (isLongList(c) ? longLists : shares).take(readAddress(c));
    if (!giveBack) {
      const message = "Too many responses to your address are under way: try again in a moment";
      throw new PortholeError("busy", message, { retryAfterMs: RETRY_MS });
    }
    let sent: Promise<unknown> | undefined;
    try {
      await next();
      if (isRefusal(c.res) || !c.res.body || c.req.method === "HEAD") return;
      c.res = await streamResponse(c.res);
      sent = c.env.whenSent?.();
    } finally {
      if (sent) sent.then(giveBack, giveBack);
      else giveBack();
    }
  };
}

function isLongList({ req, var: { config } }: Context<Env>): boolean {
  return req.path === "/api/sources" && config.sources.size >= LONG_LIST_SOURCES;
}

/** Of a body in one piece, the runtime tells at once that it has been sent. */
async function streamResponse(response: Response): Promise<Response> {
  const { headers: given } = response;
  if (given.has("content-length") || given.get("content-type")?.startsWith("text/event-stream")) return response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  const headers = new Headers(given);
  headers.set("Content-Length", String(bytes.length));
  return new Response(streamBytes(bytes), { status: response.status, headers });
}

function isRefusal({ headers }: Response): boolean {
  return headers.get("content-type")?.startsWith("application/problem+json") ?? false;
}
