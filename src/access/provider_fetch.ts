/** Requests to a sign-in provider, with a deadline and a cap on the size of the response. */
import { limitTime } from "../async/time_limit.ts";
import { PortholeError } from "../errors.ts";

/** Like the global `fetch`. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

interface ProviderFetchOptions {
  fetch?: Fetch;
  timeoutMs?: number;
  maxBytes?: number;
}

const TIMEOUT_MS = 5_000;
/** Key sets of large providers have some tens of kilobytes. */
const MOST_BYTES = 512 * 1024;

/**
 * Makes a fetch for providers. It does not follow redirects, so that only the configured address is contacted.
 *
 * @throws PortholeError provider_unreachable after the deadline, for a 5xx status, and for more bytes than the cap.
 */
export function createProviderFetch(
  { fetch = globalThis.fetch, timeoutMs = TIMEOUT_MS, maxBytes = MOST_BYTES }: ProviderFetchOptions = {},
): Fetch {
  return async (url, init) => {
    try {
      using limit = limitTime(timeoutMs);
      const response = await fetch(url, { ...init, redirect: "manual", signal: limit.signal });
      const body = await readCapped(response, maxBytes);
      if (response.status >= 500) throw new Error(`status ${response.status}`);
      const { status, statusText, headers } = response;
      return new Response([204, 304].includes(status) ? null : body, { status, statusText, headers });
    } catch (cause) {
      throw new PortholeError("provider_unreachable", "Cannot reach the sign-in provider", { cause });
    }
  };
}

/** The `provider_unreachable` that caused an error, if any: libraries wrap it in their own errors. */
export function findUnreachable(thrown: unknown): PortholeError | undefined {
  for (let at = thrown; at instanceof Error; at = at.cause) {
    if (at instanceof PortholeError && at.code === "provider_unreachable") return at;
  }
}

/** The messages of an error and of its causes, for the log; with the code of RFC 6749 section 5.2 if it has one. */
export function describeError(thrown: unknown): string {
  const messages: string[] = [];
  for (let at = thrown; at instanceof Error; at = at.cause) {
    messages.push("error" in at && typeof at.error === "string" ? `${at.message} (${at.error})` : at.message);
  }
  return messages.join(": ");
}

async function readCapped({ body }: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    // Leaving the loop cancels the body.
    if (bytes > maxBytes) throw new Error(`more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
