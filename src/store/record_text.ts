/**
 * Records as the text of a file: a JSON object with one record per line, so that people can read it and remove a line.
 *
 * Text and numbers that do not expire are written directly, `"pi": "sha256:…"`. Other values are wrapped, with their
 * expiry (ISO 8601) if they have one: `"4f1c…": { "expires": "2027-01-31T12:00:00.000Z", "value": { … } }`.
 */
import { type Entry, makeEntry } from "./records.ts";

/** Makes a function that turns records into text. It caches lines, because most do not change between writes. */
export function createRecordWriter(): (entries: readonly [key: string, entry: Entry<unknown>][]) => string {
  const lines = new WeakMap<Entry<unknown>, string>();
  const writeLine = ([key, entry]: readonly [string, Entry<unknown>]): string => {
    const line = lines.get(entry) ?? `  ${JSON.stringify(key)}: ${JSON.stringify(wrap(entry))}`;
    lines.set(entry, line);
    return line;
  };
  return (entries) => entries.length === 0 ? "{}\n" : `{\n${entries.map(writeLine).join(",\n")}\n}\n`;
}

function wrap({ value, expiresAtMs }: Entry<unknown>): unknown {
  if (expiresAtMs !== undefined) return { expires: new Date(expiresAtMs).toISOString(), value };
  return typeof value === "object" ? { value } : value;
}

/** The records in a text. @throws when the text is malformed */
export function readRecords(text: string): [key: string, entry: Entry<unknown>][] {
  const records: unknown = JSON.parse(text);
  if (typeof records !== "object" || records === null || Array.isArray(records)) {
    throw new Error("The file is not a JSON object");
  }
  return Object.entries(records).map(([key, written]) => [key, unwrap(key, written)]);
}

function unwrap(key: string, written: unknown): Entry<unknown> {
  if (typeof written !== "object") return makeEntry(written);
  const { value, expires }: { value?: unknown; expires?: unknown } = written ?? {};
  const expiresAtMs = expires === undefined ? undefined : Date.parse(String(expires));
  if (value === undefined || Number.isNaN(expiresAtMs)) throw new Error(`${key} is not a record`);
  return makeEntry(value, expiresAtMs === undefined ? {} : { expiresAtMs });
}
