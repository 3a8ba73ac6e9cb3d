/**
 * Records as the text of a file: a JSON object with one record a line, so that people can read it and take a line out.
 *
 * Text and numbers that do not expire stand for themselves, `"pi": "sha256:…"`; everything else has its expiry (ISO
 * 8601) beside it, `"4f1c…": { "expires": "2027-01-31T12:00:00.000Z", "value": { … } }`.
 */
import { type Entry, makeEntry } from "./records.ts";

/** Makes what turns records into text. It keeps the lines: most do not change from one write to the next. */
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

/** The records of a text. @throws when it is not such a text */
export function readRecords(text: string): [key: string, entry: Entry<unknown>][] {
  const records: unknown = JSON.parse(text);
  if (typeof records !== "object" || records === null || Array.isArray(records)) throw new Error("It is not an object");
  return Object.entries(records).map(([key, written]) => [key, unwrap(key, written)]);
}

function unwrap(key: string, written: unknown): Entry<unknown> {
  if (typeof written !== "object") return makeEntry(written);
  const { value, expires }: { value?: unknown; expires?: unknown } = written ?? {};
  const expiresAtMs = expires === undefined ? undefined : Date.parse(String(expires));
  if (value === undefined || Number.isNaN(expiresAtMs)) throw new Error(`${key} is not a record`);
  return makeEntry(value, expiresAtMs === undefined ? {} : { expiresAtMs });
}
