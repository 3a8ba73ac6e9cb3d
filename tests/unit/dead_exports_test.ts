/** Exports that the program does not use: each is a promise that nobody asked for. */
import { assertEquals } from "@std/assert";
import { parseModule, readModules, type Syntax } from "./syntax.ts";

/** What is exported although no other module of the program imports it, and why. */
const ALLOWED: Readonly<Record<string, string>> = {
  "src/worker.ts default": "read by `deno serve` and edge runtimes",
  "src/bridge/tap.ts TapFailure": "thrown at readers of taps, who have to name it to tell it from other errors",
};

function listDead(program: readonly Syntax[]): string[] {
  const used = new Set(program.flatMap(({ imports }) => imports.map(({ from, name }) => `${from} ${name}`)));
  return program.flatMap(({ path, text, exports }) =>
    exports.filter(({ name, isType }) => !(isType && isNamedAgain(text, name)))
      .map(({ name }) => `${path} ${name}`)
      .filter((full) => !used.has(full) && !used.has(`${path} *`))
  );
}

/** A type belongs to the exports of its own module that name it: whoever calls them may want to write it down. */
function isNamedAgain(text: string, name: string): boolean {
  return text.split(new RegExp(`\\b${name}\\b`)).length > 2;
}

Deno.test("every export has a user that is not a test", async () => {
  const dead = listDead(await readModules("src", "main.ts", "deploy"));
  assertEquals(dead.toSorted(), Object.keys(ALLOWED).toSorted());
});

Deno.test("listDead() finds what is imported by nobody, in every form of import", () => {
  const texts = {
    "a/all.ts": "export const one = 1;",
    "a/used.ts":
      "export const one = 1, two = 2; export default one; export type Lone = 1; export type Named = Named[];",
    "a/user.ts": [
      "import main, { two as second } from './used.ts';",
      "import * as all from '../a/all.ts';",
      "export { gone } from './again.ts';",
      "const later = await import('./later.ts');",
    ].join("\n"),
    "a/again.ts": "export function gone() {} export class Kept {} export enum Kind {}",
    "a/later.ts": "export const thing = 1;",
  };
  const program = Object.entries(texts).map(([path, text]) => parseModule(path, text));
  assertEquals(listDead(program), [
    "a/used.ts one",
    "a/used.ts Lone",
    "a/user.ts gone",
    "a/again.ts Kept",
    "a/again.ts Kind",
  ]);
});
