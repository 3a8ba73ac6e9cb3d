import { assertEquals, assertRejects } from "@std/assert";
import { type FileEffects, replaceFile } from "../../../src/store/replace_file.ts";

class Crash extends Error {}

/** The file system up to one step, which fails. */
function failAt(step: string): FileEffects & { readonly steps: string[] } {
  const steps: string[] = [];
  const take = (name: string) => {
    steps.push(name);
    if (name === step) throw new Crash(name);
  };
  return {
    steps,
    // deno-lint-ignore require-await
    mkdir: async (...options) => (take("mkdir"), Deno.mkdir(...options)),
    open: async (path, options) => {
      take(options?.write ? "open the draft" : "open the folder");
      const file = await Deno.open(path, options);
      const isDraft = options?.write === true;
      const write = file.write.bind(file);
      const sync = file.sync.bind(file);
      file.write = async (bytes) => {
        // A few bytes at a time, as a slow disk takes them; the last ones come after the cut.
        const count = await write(bytes.subarray(0, 10));
        if (count < 10 || bytes.length <= 10) take("write");
        return count;
      };
      file.sync = async () => {
        take(isDraft ? "sync the draft" : "sync the folder");
        await sync();
      };
      return file;
    },
    // deno-lint-ignore require-await
    rename: async (from, to) => (take("rename"), Deno.rename(from, to)),
    remove: Deno.remove,
  };
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const OLD = "the old text, whole\n";
const NEW = "the new text, which is longer than the old one was\n";
const STEPS = ["mkdir", "open the draft", "write", "sync the draft", "rename"];

for (const step of STEPS) {
  Deno.test(`a write that fails at "${step}" leaves the old file, and no other`, () =>
    inFolder(async (folder) => {
      const path = `${folder}/state.json`;
      await replaceFile(path, OLD);
      await assertRejects(() => replaceFile(path, NEW, failAt(step)), Crash);
      assertEquals(await Deno.readTextFile(path), OLD);
      assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["state.json"]);
    }));
}

Deno.test("the file is synced before it is renamed, and the folder afterwards", () =>
  inFolder(async (folder) => {
    const effects = failAt("nothing");
    const { size } = await replaceFile(`${folder}/new/state.json`, NEW, effects);
    assertEquals([size, await Deno.readTextFile(`${folder}/new/state.json`)], [NEW.length, NEW]);
    assertEquals(effects.steps, [...STEPS, "open the folder", "sync the folder"]);
  }));

Deno.test("while a file is replaced, readers see the whole old or the whole new text", () =>
  inFolder(async (folder) => {
    const path = `${folder}/state.json`;
    const texts = ["a", "b"].map((letter) => letter.repeat(100_000));
    await replaceFile(path, texts[0]!);
    let writing = true;
    const writer = (async () => {
      for (let round = 0; round < 50; round++) await replaceFile(path, texts[round % 2]!);
      writing = false;
    })();
    while (writing) assertEquals(texts.includes(await Deno.readTextFile(path)), true);
    await writer;
  }));
