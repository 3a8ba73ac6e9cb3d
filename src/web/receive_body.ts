/** The guard that receives bodies of requests whole, so that no route waits for one. */
import type { MiddlewareHandler } from "hono";
import { type SetTimer, startTimer } from "../async/timer.ts";
import { PortholeError } from "../errors.ts";
import type { Env } from "./env.ts";

/** Maximum size of a body; forms and small JSON stay below it. */
const BODY_MAX_BYTES = 64 * 1024;
/** Time for all of a body, however slowly it comes. */
const BODY_MS = 30_000;

/** Receives the body of a request that may have one, and passes it on in one piece. */
export function receiveBody(setTimer: SetTimer = startTimer): MiddlewareHandler<Env> {
  return async (c, next) => {
    const { body, headers, method } = c.req.raw;
    if (body && method !== "GET" && method !== "HEAD") {
      if (Number(headers.get("content-length") ?? 0) > BODY_MAX_BYTES) throw tooLarge();
      c.req.raw = new Request(c.req.raw, { body: await readInTime(body, setTimer) });
    }
    await next();
  };
}

async function readInTime(body: ReadableStream<Uint8Array>, setTimer: SetTimer): Promise<Blob> {
  const reader = body.getReader();
  const late = Promise.withResolvers<never>();
  const stop = setTimer(() => late.reject(tooSlow()), BODY_MS);
  try {
    return await Promise.race([readAll(reader), late.promise]);
  } catch (thrown) {
    reader.cancel().catch(() => {});
    throw thrown instanceof PortholeError ? thrown : incomplete(thrown);
  } finally {
    stop();
  }
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Blob> {
  const parts: BlobPart[] = [];
  for (let bytes = 0;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts);
    bytes += value.length;
    if (bytes > BODY_MAX_BYTES) throw tooLarge();
    parts.push(value as Uint8Array<ArrayBuffer>);
  }
}

function tooLarge(): PortholeError {
  return new PortholeError("body_too_large", "The request body exceeds 64 KiB");
}

function tooSlow(): PortholeError {
  return new PortholeError("request_timeout", "The request body did not arrive within 30 seconds");
}

function incomplete(cause: unknown): PortholeError {
  return new PortholeError("bad_request", "The request body did not arrive whole", { cause });
}
