import { assert, assertEquals, assertThrows } from "@std/assert";
import { parse } from "@std/yaml";
import fc from "fast-check";
import { stringify } from "yaml";
import { ConfigError, type Problem } from "../../../src/config/problem.ts";
import { readYaml } from "../../../src/config/yaml_document.ts";
import { assertPlaced } from "./find_problems.ts";
import { FOREIGN } from "../../fakes/foreign.ts";

function findProblems(text: string): readonly Problem[] {
  return assertThrows(() => readYaml(text), ConfigError).problems;
}

/** Plain scalars and their meaning in the core schema (YAML 1.2 section 10.3.2). */
const SCALARS: readonly (readonly [text: string, value: unknown])[] = [
  ["", null],
  ["~", null],
  ["null", null],
  ["Null", null],
  ["NULL", null],
  ["nULL", "nULL"],
  ["none", "none"],
  ["true", true],
  ["True", true],
  ["TRUE", true],
  ["false", false],
  ["False", false],
  ["FALSE", false],
  ["tRUE", "tRUE"],
  ["yes", "yes"],
  ["No", "No"],
  ["on", "on"],
  ["off", "off"],
  ["y", "y"],
  ["0", 0],
  ["-0", -0],
  ["12", 12],
  ["+12", 12],
  ["-19", -19],
  ["017", 17],
  ["08", 8],
  ["007", 7],
  ["0o17", 15],
  ["0o0", 0],
  ["0o8", "0o8"],
  ["-0o7", "-0o7"],
  ["0O7", "0O7"],
  ["0x1F", 31],
  ["0x1f", 31],
  ["+0x1F", "+0x1F"],
  ["0X1F", "0X1F"],
  ["0x", "0x"],
  ["0x1_0", "0x1_0"],
  ["0b11", "0b11"],
  ["1_000", "1_000"],
  ["1_000.5", "1_000.5"],
  ["1,000", "1,000"],
  ["1:30", "1:30"],
  ["190:20:30", "190:20:30"],
  ["1.5", 1.5],
  ["-1.5", -1.5],
  ["0.", 0],
  ["1.", 1],
  [".5", 0.5],
  ["-.5", -0.5],
  ["+.5", 0.5],
  [".", "."],
  ["1e3", 1000],
  ["1E3", 1000],
  ["12e03", 12000],
  ["-2E+05", -200000],
  ["1.5e-1", 0.15],
  ["1e", "1e"],
  ["e3", "e3"],
  [".inf", Infinity],
  [".Inf", Infinity],
  ["+.INF", Infinity],
  ["-.inf", -Infinity],
  ["inf", "inf"],
  [".nan", NaN],
  [".NaN", NaN],
  [".NAN", NaN],
  ["-.nan", "-.nan"],
  [".Nan", ".Nan"],
  ["2001-01-01", "2001-01-01"],
  ["2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"],
  ["192.168.1.31", "192.168.1.31"],
  ["192.168.1.31:5901", "192.168.1.31:5901"],
  ["<<", "<<"],
  ["=", "="],
  ["x#y", "x#y"],
  ["x # comment", "x"],
  ["two  words", "two  words"],
  ["!!str 017", "017"],
  ["!!str", ""],
  ["! 017", "017"],
  ["!!int 017", 17],
  ["!!int 0o17", 15],
  ["!!float 3", 3],
  ["!!float 1.5", 1.5],
  ["!!bool true", true],
  ["!!null", null],
  ["'017'", "017"],
  ['"true"', "true"],
  ["''", ""],
];

Deno.test("readYaml() gives every scalar its meaning in the core schema of YAML 1.2", () => {
  for (const [text, value] of SCALARS) {
    assertEquals(readYaml(`- a\n- ${text}\n- b\n`).value, ["a", value, "b"], text);
    assertEquals(readYaml(`key: ${text}\nlast: b\n`).value, { key: value, last: "b" }, text);
    if (/^[^ ,#!]+$/.test(text)) assertEquals(readYaml(`{ key: ${text} }`).value, { key: value }, text);
  }
});

/** Documents that show one rule of YAML 1.2 each, by chapter. */
const DOCUMENTS: readonly (readonly [text: string, value: unknown])[] = [
  // 5.7 Escaped characters
  [String.raw`a: "\x41 \u00e9 \U0001F600 \t \/ \\ \""`, { a: 'A é 😀 \t / \\ "' }],
  ["a: '\\n it''s'\n", { a: "\\n it's" }],
  // 6.1 Indentation spaces, 6.6 Comments, 6.8 Directives
  ["a:\n    b:\n     - 1\n     - 2\n", { a: { b: [1, 2] } }],
  ["a:\n- 1\n- 2\nb: 3\n", { a: [1, 2], b: 3 }],
  ["a:\t1 \t# comment\n", { a: 1 }],
  ["\n# first\n\na: 1\n   # last\n", { a: 1 }],
  ["a: 1\r\nb:\r\n  c: 2\r\n", { a: 1, b: { c: 2 } }],
  ["%YAML 1.2\n---\na: 0o17\n", { a: 15 }],
  ["%YAML 1.1\n---\n{ a: yes, b: 017, c: 1_000 }\n", { a: "yes", b: 17, c: "1_000" }],
  ["--- { a: 1 }\n...\n# the end\n", { a: 1 }],
  // 6.9 Node properties, 7.1 Alias nodes
  ["a: &x { h: 017 }\nb: *x\nc: [*x, *x]\n", { a: { h: 17 }, b: { h: 17 }, c: [{ h: 17 }, { h: 17 }] }],
  ["a: &x 1\nb: &x 2\nc: *x\n", { a: 1, b: 2, c: 2 }],
  ["a: &x key\n*x : v\n", { a: "key", key: "v" }],
  ["a: !!map { b: !!seq [!!str 1, 2] }\n", { a: { b: ["1", 2] } }],
  // 7.3 Flow scalars
  ["a: one\n  two\n\n  three\n", { a: "one two\nthree" }],
  ["a: 'one\n  two'\n", { a: "one two" }],
  ['a: "one\n  two \\\n  three"\n', { a: "one two three" }],
  // 7.4 Flow collections
  ["{ a: 1, b: , c, 'd': 2, \"e\": 3, ? f : 4, }", { a: 1, b: null, c: null, d: 2, e: 3, f: 4 }],
  ["[a, [b], { c: d }, e: f, ]", ["a", ["b"], { c: "d" }, { e: "f" }]],
  ['{"a":1,"b":[2]}', { a: 1, b: [2] }],
  ["{ a:1 }", { "a:1": null }],
  // 8.1 Block scalars
  ["a: |\n  one\n   two\n\n", { a: "one\n two\n" }],
  ["a: |-\n  one\n  two\n", { a: "one\ntwo" }],
  ["a: |+\n  one\n\nb: 1\n", { a: "one\n\n", b: 1 }],
  ["a: |2\n   one\n", { a: " one\n" }],
  ["a: >\n  one\n  two\n\n  three\n", { a: "one two\nthree\n" }],
  ["a: |\n  017\n", { a: "017\n" }],
  ["a: |\n  !!int 5\n", { a: "!!int 5\n" }],
  // 8.2 Block collections
  ["- - a\n  - b\n- c: 1\n  d: 2\n-\n", [["a", "b"], { c: 1, d: 2 }, null]],
  ["? a\n: b\n? c\n", { a: "b", c: null }],
  // 10.1 A key is a key, also << and __proto__
  ["a: { <<: { b: 1 } }\n", { a: { "<<": { b: 1 } } }],
  ["42: a\ntrue: b\nnull: c\n1.5: d\n", { 42: "a", true: "b", null: "c", 1.5: "d" }],
];

for (const [text, value] of DOCUMENTS) {
  Deno.test(`readYaml() reads ${JSON.stringify(text)}`, () => assertEquals(readYaml(text).value, value));
}

Deno.test("readYaml() keeps __proto__ as a key", () => {
  const { value } = readYaml("__proto__: { a: 1 }");
  assertEquals(Object.keys(value as object), ["__proto__"]);
  assertEquals(Object.getPrototypeOf(value), Object.prototype);
});

/** Documents without one meaning, with the place of the first problem and words of it. */
const REFUSED: readonly (readonly [text: string, place: string, words: string])[] = [
  ["a: 1\n017: b\n", "2:1", "must be text: put it in quotes"],
  ["~: a\n", "1:1", "must be text: put it in quotes"],
  ["{ [a]: b }", "1:3", "must be text: put it in quotes"],
  ["a: &x 017\n*x : b\n", "2:1", "must be text: put it in quotes"],
  ["1: a\n'1': b\n", "2:1", "must not have the same key twice"],
  ["a: 1\nb: 2\na: 3\n", "3:1", "must not have the same key twice"],
  ["a: *x\n", "1:4", "refers to a missing anchor"],
  ["a: [*x, &x 1]\n", "1:5", "refers to a missing anchor"],
  ["a: !!int x\n", "1:4", "has an unknown tag"],
  ["a: !!binary aGk=\n", "1:4", "has an unknown tag"],
  ["a: !!set { x }\n", "1:4", "has an unknown tag"],
  ["a: 1\nb: !local x\n", "2:4", "has an unknown tag"],
  ["a: 1\n---\nb: 2\n", "2:1", "must be one document"],
  ["%YAML 2.0\n---\na: 1\n", "1:7", "is not valid YAML"],
  ["a: b: c\n", "1:4", "is not valid YAML"],
  ["a: [1,,2]\n", "1:7", "is not valid YAML"],
  ['a: "\\q"\n', "1:5", "has an invalid escape sequence"],
  // Only @std/yaml refuses these.
  ["a: 1\nb: \u0001\n", "2:5", "is not valid YAML"],
  ["a: 1\nb: \u001f\n", "2:5", "is not valid YAML"],
  ["a: !<tag:yaml.org,2002:int> 5\n", "1:30", "is not valid YAML"],
  // Here the two parsers differ: @std/yaml goes on after an alias of something empty.
  ["a: &x ''\nb: *x\n", "2:4", "is ambiguous"],
  ["a: &x\nb: *x\n", "2:4", "is ambiguous"],
];

for (const [text, place, words] of REFUSED) {
  Deno.test(`readYaml() refuses ${JSON.stringify(text)}`, () => {
    const [problem] = findProblems(text);
    assertEquals(`${problem?.line}:${problem?.column}`, place, problem?.message);
    assert(problem!.message.includes(words), problem!.message);
  });
}

Deno.test("readYaml() reads 20,000 aliases and as many keys", () => {
  const aliases = `a: &a x\nb: [${"*a,".repeat(20_000)}]\n`;
  assertEquals((readYaml(aliases).value as { b: string[] }).b.length, 20_000);
  const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: x`).join("\n");
  assertEquals(Object.keys(readYaml(keys).value as object).length, 20_000);
});

Deno.test("readYaml() reads back any value that was written as YAML", () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: "grapheme", maxLength: 12 }),
      fc.constantFrom(...SCALARS.map(([text]) => text)),
      fc.constantFrom<unknown>(null, true, false),
      fc.integer(),
      fc.double({ noDefaultInfinity: true }),
      fc.array(tie("any"), { maxLength: 4 }),
      fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), tie("any"), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).any.filter((written) => written !== null);
  fc.assert(
    fc.property(value, fc.constantFrom(0, 40, 80), (written, lineWidth) => {
      const text = stringify(written, { version: "1.2", lineWidth, aliasDuplicateObjects: false });
      try {
        assertEquals(readYaml(text).value, written);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        assert(error.problems.length > 0);
        assertPlaced(text, error.problems);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("readYaml() agrees with both parsers or gives the place of a problem, for any combination of YAML tokens", () => {
  const piece = fc.constantFrom(
    ..."- ,? ,: ,:,\n,\n  ,\n    ,[,],{,},,,#, # ,|\n  ,>-\n  ,',\",\\,&a ,*a ,!!str ,! ,%,@,---,...,\t,  ,<<"
      .split(","),
    ...SCALARS.map(([text]) => text).filter((text) => !/^!!(?!str)/.test(text)),
    "a",
    "b: ",
    "\r\n",
    ", ",
  );
  const document = fc.array(piece, { maxLength: 16 }).map((pieces) => pieces.join(""));
  let accepted = 0;
  fc.assert(
    fc.property(document, (text) => {
      try {
        const { value } = readYaml(text);
        accepted++;
        assertAgrees(value, parse(text, { schema: "failsafe" }));
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        assert(error.problems.length > 0);
        assertPlaced(text, error.problems);
      }
    }),
    FOREIGN,
  );
  assert(accepted > 200, `only ${accepted} of the documents were read`);
});

/** Section 10.3.2 again, written apart from the code under test. */
function isMeaning(text: string, value: unknown): boolean {
  if (value === null) return /^(null|Null|NULL|~|)$/.test(text);
  if (typeof value === "boolean") return /^(true|True|TRUE|false|False|FALSE)$/.test(text);
  if (/^0o/.test(text)) return Object.is(value, parseInt(text.slice(2), 8));
  if (/^0x/.test(text)) return Object.is(value, parseInt(text, 16));
  if (/^[-+]?\.(inf|nan)$/i.test(text)) return typeof value === "number" && !Number.isFinite(value);
  return /^[-+]?(\.\d+|\d+(\.\d*)?)(e[-+]?\d+)?$/i.test(text) && Object.is(value, Number(text));
}

function assertAgrees(value: unknown, reading: unknown): void {
  if (typeof value !== "object" || value === null) {
    const text = String(reading ?? "");
    return assert(value === text || isMeaning(text, value), `${JSON.stringify(text)} was read as ${value}`);
  }
  assertEquals(Array.isArray(value), Array.isArray(reading));
  assertEquals(Object.keys(value), Object.keys(reading as object));
  for (const [key, part] of Object.entries(value)) assertAgrees(part, (reading as Record<string, unknown>)[key]);
}
