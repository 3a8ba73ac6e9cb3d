/** Asks the gateway over HTTP what a failed upgrade could not say: a page cannot read its status. */
import { type Ending, explainStatus } from "./ending.ts";

/** Why this source does not open; null when the gateway sees no reason, or is not there. */
export async function diagnose(basePath: string, source: string): Promise<Ending | null> {
  const answer = await fetch(`${basePath}api/sources/${encodeURIComponent(source)}`, {
    headers: { accept: "application/json" },
    redirect: "manual",
    signal: AbortSignal.timeout(5_000),
  });
  if (answer.type === "opaqueredirect") return explainStatus(401, ""); // To a sign-in page
  const problem = answer.ok ? {} : await answer.json().catch(() => ({}));
  return explainStatus(answer.status, typeof problem.detail === "string" ? problem.detail : "");
}
