import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { openPinFile } from "../../../src/source/pins.ts";
import { PortholeError } from "../../../src/errors.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);

async function inFolder(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(`${folder}/pins.json`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("pins are kept in a file for the owner only, and forgotten on demand", () =>
  inFolder(async (path) => {
    const pins = openPinFile(path);
    assertEquals(pins.get("pi"), undefined);
    await pins.set("pi", A);
    await pins.set("__proto__", B);
    assertEquals([openPinFile(path).get("pi"), openPinFile(path).get("__proto__")], [A, B]);
    if (Deno.build.os !== "windows") assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    await pins.forget("pi");
    assertEquals([pins.get("pi"), pins.get("__proto__")], [undefined, B]);
  }));

Deno.test("pins set at the same time are all kept, and no half-written file is left", () =>
  inFolder(async (path) => {
    const pins = openPinFile(path);
    const names = Array.from({ length: 20 }, (_, at) => `pi${at}`);
    await Promise.all(names.map((name) => pins.set(name, A)));
    assertEquals(names.filter((name) => pins.get(name) === A), names);
    const folder = path.slice(0, path.lastIndexOf("/"));
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["pins.json"]);
  }));

Deno.test("a line removed by hand is forgotten at once", () =>
  inFolder(async (path) => {
    const pins = openPinFile(path);
    await pins.set("pi", A);
    await Deno.writeTextFile(path, "{}");
    assertEquals(pins.get("pi"), undefined);
  }));

Deno.test("a broken file trusts nobody, and is left as it is", () =>
  inFolder(async (path) => {
    for (const text of ["{", "[]x", "null", '{"pi": 3}', '{"pi": "sha256:abc"}', `{"pi": "${A}"}`]) {
      await Deno.writeTextFile(path, text);
      const pins = openPinFile(path);
      assertThrows(() => pins.get("pi"), PortholeError, "cannot read pins.json");
      await assertRejects(() => pins.set("pi", A), PortholeError);
      assertEquals(await Deno.readTextFile(path), text);
    }
  }));
