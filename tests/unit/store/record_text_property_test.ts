import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createRecordWriter, readRecords } from "../../../src/store/record_text.ts";
import { makeEntry } from "../../../src/store/records.ts";
import { FOREIGN, foreignText } from "../../fakes/foreign.ts";

const value = fc.jsonValue().map((any) => JSON.parse(JSON.stringify(any)));
const expiry = fc.option(fc.integer({ min: 0, max: 4e12 }), { nil: undefined });
const record = fc.tuple(fc.string({ unit: "binary" }), value, expiry);

Deno.test("records come back as they were written", () => {
  fc.assert(
    fc.property(fc.uniqueArray(record, { selector: ([key]) => key, maxLength: 6 }), (records) => {
      const entries = records.map(([key, value, expiresAtMs]) =>
        [key, makeEntry(value, expiresAtMs === undefined ? {} : { expiresAtMs })] as [
          string,
          ReturnType<typeof makeEntry>,
        ]
      );
      const read = new Map(readRecords(createRecordWriter()(entries)));
      assertEquals(read, new Map(entries));
    }),
    FOREIGN,
  );
});

Deno.test("a damaged file of records gives records or an error, and what it gives can be written", () => {
  const whole = '{\n  "pi": "sha256:00",\n  "4f1c": {"expires":"2027-01-31T12:00:00.000Z","value":{"a":[1]}}\n}\n';
  fc.assert(
    fc.property(foreignText([whole, "{}\n"], ["{", "}", '"', ":", ",", "null", '"value"', '"expires"']), (text) => {
      let records;
      try {
        records = readRecords(text);
      } catch (error) {
        return assert(error instanceof Error && !(error instanceof TypeError), String(error));
      }
      assertEquals(new Map(readRecords(createRecordWriter()(records))), new Map(records));
    }),
    FOREIGN,
  );
});

Deno.test("readRecords() refuses a file that is empty, cut or no object", () => {
  for (const text of ["", "{", "[]", "null", "1", '{"a":{}}', '{"a":{"value":1,"expires":"soon"}}']) {
    assertThrows(() => readRecords(text), Error, "", text);
  }
});
