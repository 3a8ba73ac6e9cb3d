import { assert } from "@std/assert";
import fc from "fast-check";
import { stringify } from "@std/yaml";
import { exampleYaml } from "../../../src/config/init.ts";
import { assertPlaced, findProblems } from "./find_problems.ts";

Deno.test("loadConfig() never repeats a secret in a problem, whatever surrounds it", async () => {
  const marks = fc.string({ unit: fc.constantFrom(...`!&*|>%@"'\\{}[],:#? -x\n\t<`), maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(marks, marks, async (before, after) => {
      const problems = await findProblems(`sources:\n  a:\n    host: h\n    password: ${before}hunter2${after}\n`);
      for (const { message } of problems) assert(!message.includes("hunter2"), message);
    }),
    { numRuns: 300 },
  );
});

Deno.test("loadConfig() returns a Config or problems with their places for any text", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", maxLength: 200 }), async (text) => {
      assertPlaced(text, await findProblems(text));
    }),
    { numRuns: 300 },
  );
});

Deno.test("loadConfig() returns a Config or problems with their places for YAML of any shape under known keys", async () => {
  const keys = [
    "gateway",
    "auth",
    "limits",
    "defaults",
    "sources",
    "host",
    "port",
    "tls",
    "listen",
    "password",
    "__proto__",
  ];
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom<unknown>(null, true, 0, 5901, "", "h:1", "none", "5s"),
      tie("list"),
      tie("map"),
    ),
    list: fc.array(tie("value"), { maxLength: 3 }),
    map: fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string({ maxLength: 4 })), tie("value"), { maxKeys: 5 }),
  }));
  const file = fc.record({ gateway: value, auth: value, limits: value, defaults: value, sources: value }, {
    requiredKeys: [],
  });
  await fc.assert(
    fc.asyncProperty(file, async (written) => {
      const text = stringify(written);
      assertPlaced(text, await findProblems(text));
    }),
    { numRuns: 300 },
  );
});

Deno.test("loadConfig() returns a Config or problems with their places for a valid file with a piece cut out or inserted", async () => {
  const good = exampleYaml().replaceAll(/^# {1,3}(?=\S)/gm, "");
  const length = good.length;
  await fc.assert(
    fc.asyncProperty(fc.nat(length), fc.nat(20), fc.string({ maxLength: 5 }), async (start, cut, put) => {
      const text = good.slice(0, start) + put + good.slice(start + cut);
      assertPlaced(text, await findProblems(text));
    }),
    // The example made yaml's own LineCounter lose 27 lines.
    { numRuns: 300, examples: [[389, 15, ">"]] },
  );
});
