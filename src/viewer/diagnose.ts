/** Asks the gateway over HTTP why a WebSocket did not open, since a page cannot read the status of a failed upgrade. */
import { type Answer, type Ending, explainAnswer, explainSilence } from "./ending.ts";
import { makeAdmissionPath } from "./source_urls.ts";

const ANSWER_MS = 5_000;

/** Why this source does not open now; "admitted" if the gateway would open it. Never rejects. */
export async function diagnose(basePath: string, source: string): Promise<Ending | "admitted"> {
  try {
    const answer = await askGateway(makeAdmissionPath(basePath, source), "POST");
    return answer.status === 204 ? "admitted" : explainAnswer(await readAnswer(answer));
  } catch {
    return explainSilence(navigator.onLine);
  }
}

/** Sends a request to the gateway. Rejects if nothing answers in time. */
export function askGateway(path: string, method: "GET" | "POST"): Promise<Response> {
  const headers = { accept: "application/json" };
  return fetch(path, { method, headers, redirect: "manual", signal: AbortSignal.timeout(ANSWER_MS) });
}

/** The parts of a response that explain it. */
export async function readAnswer(response: Response): Promise<Answer> {
  const body: unknown = await response.json().catch(() => null);
  return {
    status: response.status,
    redirects: response.type === "opaqueredirect",
    problem: typeof body === "object" && body !== null ? body as Answer["problem"] : {},
    retryAfter: response.headers.get("retry-after"),
  };
}
