/** Whoever reads a command in a message should be able to type it: no message assumes how the program was called. */
import { assertEquals } from "@std/assert";
import { readModules } from "./syntax.ts";

const LITERAL = /\b(deno|npx)\b[^`"'\n]*\b(task|run|serve)\b|\btask start\b/;
/** Where the forms of a call are put together. */
const ALLOWED = ["src/config/command_hint.ts", "src/config/invocation.ts"];

Deno.test("no module spells a command that people type, except where the form of the call is known", async () => {
  const modules = await readModules("src", "main.ts");
  const literal = modules.filter(({ text }) => LITERAL.test(text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "")));
  assertEquals(literal.map(({ path }) => path).toSorted(), ALLOWED);
});
