/** The log of a gateway, which goes to stderr and never waits for its reader. */
import { createLineWriter, type LineWriter } from "./line_writer.ts";
import { createLog, type Log } from "./log.ts";

/** Nobody sees this delay, and a write takes as long as many lines: 9 % of the time that opening a session took. */
const GATHER_MS = 20;

/** Opens the log, and the writer that it goes through. */
export function openStderrLog({ format, verbose }: { format: "text" | "json"; verbose: boolean }) {
  const stderr: LineWriter = createLineWriter({
    write: (bytes) => Deno.stderr.write(bytes),
    gatherMs: GATHER_MS,
    onBack: (lost) => log.warn("Log lines were lost, because nothing read them", { lines: lost }),
  });
  const log: Log = createLog({ format, level: verbose ? "debug" : "info", write: stderr.write });
  return { log, stderr };
}
