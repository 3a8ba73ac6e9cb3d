/** Asks the gateway over HTTP why an upgrade failed, since a page cannot read the status of a failed upgrade. */
import { type Ending, explainStatus } from "./ending.ts";
import { makeApiPath } from "./source_urls.ts";

/** Why this source does not open; null if the gateway knows no reason, or is down. */
export async function diagnose(basePath: string, source: string): Promise<Ending | null> {
  const answer = await fetch(makeApiPath(basePath, source), {
    headers: { accept: "application/json" },
    redirect: "manual",
    signal: AbortSignal.timeout(5_000),
  });
  if (answer.type === "opaqueredirect") return explainStatus(401, ""); // To a sign-in page
  const problem = answer.ok ? {} : await answer.json().catch(() => ({}));
  return explainStatus(answer.status, typeof problem.detail === "string" ? problem.detail : "");
}
