import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { lockFolder, lockFolderIfFree } from "../../../src/store/lock_folder.ts";
import { DataFolderError } from "../../../src/store/store.ts";

const QUIET = { warn: () => {}, waitMs: 0 };

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    await work(`${home}/data`);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("a second gateway on a data folder is refused, and told of the first one", () =>
  inFolder(async (folder) => {
    using first = await lockFolder(folder, QUIET);
    first.announce("https://porthole.lan:8443/");
    const { message } = await assertRejects(() => lockFolder(folder, QUIET), DataFolderError);
    assertMatch(
      message,
      new RegExp(`^Another Porthole \\(process ${Deno.pid} on .+, since 20[^,]+Z, at https://porthole`),
    );
  }));

Deno.test("the lock is free again when its process lets it go, whatever the file says", () =>
  inFolder(async (folder) => {
    (await lockFolder(folder, QUIET))[Symbol.dispose]();
    for (const text of ["", "{", '{"pid":1}', "null"]) {
      await Deno.writeTextFile(`${folder}/lock`, text);
      using lock = await lockFolder(folder, QUIET);
      assertEquals(lock.isHeld, true);
      await assertRejects(() => lockFolder(folder, QUIET), DataFolderError, "Another Porthole");
    }
  }));

Deno.test("a command works beside a gateway, and a gateway waits for a command", () =>
  inFolder(async (folder) => {
    const gateway = await lockFolder(folder, QUIET);
    assertEquals((await lockFolderIfFree(folder)).isHeld, false);
    gateway[Symbol.dispose]();
    const command = await lockFolderIfFree(folder);
    assertEquals(command.isHeld, true);
    const started = lockFolder(folder, { warn: () => {}, waitMs: 60_000 });
    command[Symbol.dispose]();
    using lock = await started;
    assertEquals(lock.isHeld, true);
  }));

Deno.test("a folder that cannot be made is used without a lock, with a warning", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(folder, "");
    const told: string[] = [];
    using lock = await lockFolder(folder, { warn: (sentence) => told.push(sentence) });
    assertEquals([lock.isHeld, told.length], [false, 1]);
  }));
