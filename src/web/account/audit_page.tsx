import type { AuditLine } from "../../telemetry/audit.ts";
import { escapeUnprintable } from "../../telemetry/escape.ts";
import { formatTime } from "../format_time.ts";
import { Layout, Masthead, type PageProps } from "../layout.tsx";

const COLUMNS = ["Time", "Event", "User", "Address", "Details", "Outcome"];

/** The newest entries of the audit log. */
export function AuditPage({ lines, ...page }: PageProps & { readonly lines: readonly AuditLine[] }) {
  return (
    <Layout {...page} title="Audit log – Porthole" kind="reading">
      <Masthead {...page} />
      <main class="account">
        <h1>Audit log</h1>
        {lines.length === 0 && <p class="quiet">No events yet.</p>}
        <div class="wide" tabindex={0} role="region" aria-label="Latest events">
          <table>
            <thead>
              <tr>{COLUMNS.map((name) => <th scope="col">{name}</th>)}</tr>
            </thead>
            <tbody>
              {lines.map((line) => (
                <tr>
                  <td>{formatTime(line.time)}</td>
                  <td>{line.event.replaceAll("_", " ")}</td>
                  <td>{escapeUnprintable(line.who ?? "")}</td>
                  <td>{escapeUnprintable(line.from ?? "")}</td>
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

/** "pi, 12 s, 300 bytes up, 4000 bytes down" */
function describe({ event, what = "", detail, by, seconds, up_bytes, down_bytes, left_out }: AuditLine): string {
  const parts = [what, detail ?? ""];
  if (by) parts.push(`via ${by.replaceAll("_", " ")}`);
  if (seconds !== undefined) parts.push(`${Math.round(seconds)} s, ${up_bytes} bytes up, ${down_bytes} bytes down`);
  if (event === "lines_lost") parts.push(`${left_out} ${left_out === 1 ? "entry" : "entries"} not written`);
  else if (left_out) parts.push(`${left_out} similar ${left_out === 1 ? "entry" : "entries"} suppressed`);
  return escapeUnprintable(parts.filter((part) => part !== "").join(", "));
}
