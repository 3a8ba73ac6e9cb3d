import type { AuditLine } from "../../telemetry/audit.ts";
import { formatTime } from "./page.tsx";
import { Layout, Masthead, type PageProps } from "../layout.tsx";

/** The newest lines of the trail. */
export function AuditPage({ lines, ...page }: PageProps & { readonly lines: readonly AuditLine[] }) {
  return (
    <Layout {...page} title="Trail – Porthole" kind="reading">
      <Masthead {...page} />
      <main class="account">
        <h1>Trail</h1>
        {lines.length === 0 && <p class="quiet">Nothing has happened yet.</p>}
        <div class="wide" tabindex={0} role="region" aria-label="Newest events">
          <table>
            <thead>
              <tr>
                {["Time", "Event", "Who", "From", "What", "Outcome"].map((words) => <th scope="col">{words}</th>)}
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => (
                <tr>
                  <td>{formatTime(line.time)}</td>
                  <td>{line.event.replaceAll("_", " ")}</td>
                  <td>{line.who ?? ""}</td>
                  <td>{line.from ?? ""}</td>
                  <td>{describe(line)}</td>
                  <td>{line.outcome.replaceAll("_", " ")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </main>
    </Layout>
  );
}

function describe({ what = "", by, seconds, up_bytes, down_bytes, left_out }: AuditLine): string {
  const parts = [what];
  if (by) parts.push(`by ${by.replaceAll("_", " ")}`);
  if (seconds !== undefined) parts.push(`${Math.round(seconds)} s, ${up_bytes} bytes up, ${down_bytes} down`);
  if (left_out) parts.push(`${left_out} alike left out`);
  return parts.filter((part) => part !== "").join(", ");
}
