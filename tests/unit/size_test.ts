/** How large a file, a function and an options object may become. */
import { assertEquals } from "@std/assert";
import { type ObjectFields, parseModule, readModules } from "./syntax.ts";

const MOST_LINES_OF_A_FILE = 300;
const MOST_LINES_OF_A_FUNCTION = 40;
const MOST_FIELDS = 10;

/** Names of objects that carry options into a function. */
const OPTIONS = /(Options|Parts|Effects)$/;

const modules = await readModules("src", "main.ts");
const types = new Map(modules.flatMap((module) => module.types.map((type) => [type.name, type] as const)));

/** The fields of an object, with those that it takes over from others. */
function listAllFields({ fields, extended }: ObjectFields): string[] {
  const inherited = extended.map((name) => types.get(name)).filter((type) => type !== undefined);
  return [...new Set([...fields, ...inherited.flatMap(listAllFields)])];
}

Deno.test("no file in src/ is longer than 300 lines", () => {
  const longer = modules.map(({ path, text }) => [path, text.trimEnd().split("\n").length] as const)
    .filter(([, lines]) => lines > MOST_LINES_OF_A_FILE);
  assertEquals(longer, []);
});

Deno.test("no function in src/ is longer than 40 lines", () => {
  const longer = modules.flatMap(({ path, functions }) =>
    functions.filter(({ lines }) => lines > MOST_LINES_OF_A_FUNCTION).map(({ name, lines }) =>
      `${path}: ${name}() has ${lines} lines`
    )
  );
  assertEquals(longer, []);
});

Deno.test("no options object in src/ has more than ten fields", () => {
  const larger = modules.flatMap((module) =>
    [
      ...module.types.filter(({ name }) => OPTIONS.test(name)),
      ...module.parameters.map((parameter) => ({ ...parameter, name: `a parameter of ${parameter.name}()` })),
    ].map((object) => [object.name, listAllFields(object).length] as const)
      .filter(([, count]) => count > MOST_FIELDS)
      .map(([name, count]) => `${module.path}: ${name} has ${count} fields`)
  );
  assertEquals(larger, []);
});

Deno.test("parseModule() measures functions, methods and closures, and the fields of objects", () => {
  const module = parseModule(
    "src/a/b.ts",
    [
      "export function first() {\n}",
      "const second = () => {\n\n};",
      "class Third { fourth({ a, b, ...rest }) {\n} }",
      "interface FifthParts extends Sixth { c: 1; d(): void }",
      "type SeventhParts = Sixth & { e: 1 };",
      "setTimeout(() => {});",
    ].join("\n"),
  );
  assertEquals(module.functions.map(({ name, lines }) => [name, lines]), [
    ["first", 2],
    ["second", 3],
    ["fourth", 2],
    ["a closure", 1],
  ]);
  assertEquals(module.types.map(({ name, fields, extended }) => [name, fields, extended]), [
    ["FifthParts", ["c", "d"], ["Sixth"]],
    ["SeventhParts", ["e"], ["Sixth"]],
  ]);
  assertEquals(module.parameters, [{ name: "fourth", fields: ["a", "b", "..."], extended: [] }]);
});
