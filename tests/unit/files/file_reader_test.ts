import { assertEquals, assertRejects } from "@std/assert";
import { createFileReader, FileFault } from "../../../src/files/file_reader.ts";
import { waitUntil } from "../../fakes/wait_until.ts";

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A call that never returns, as on a dead network mount, until it is released. */
function createHang(isHung: (path: string) => boolean) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const asked: string[] = [];
  const stat = async (path: string | URL) => {
    asked.push(String(path));
    if (isHung(String(path))) await promise;
    return await Deno.stat(path);
  };
  return { asked, release: resolve, effects: { stat, open: Deno.open } };
}

const refused = (work: Promise<unknown>) => assertRejects(() => work, FileFault).then(({ message }) => message);

Deno.test("read() gives a whole file up to the limit, and refuses a larger one", () =>
  withFolder(async (folder) => {
    const reader = createFileReader();
    for (const length of [0, 1, 1024]) {
      const bytes = crypto.getRandomValues(new Uint8Array(length));
      await Deno.writeFile(`${folder}/file`, bytes);
      assertEquals(await reader.read(`${folder}/file`, 1024), bytes);
    }
    await Deno.writeFile(`${folder}/file`, new Uint8Array(1025));
    assertEquals(await refused(reader.read(`${folder}/file`, 1024)), "it is larger than 1 KiB");
  }));

Deno.test("read() stops at the limit where the size of a file says less than there is", () =>
  withFolder(async (folder) => {
    const effects = {
      stat: async (path: string | URL) => ({ ...await Deno.stat(path), size: 0 }),
      open: async (path: string | URL) => {
        const file = await Deno.open(path);
        const stat = file.stat.bind(file);
        return Object.assign(file, { stat: async () => ({ ...await stat(), size: 0 }) });
      },
    };
    const reader = createFileReader({ effects });
    await Deno.writeTextFile(`${folder}/file`, "x".repeat(100_000));
    assertEquals((await reader.read(`${folder}/file`, 100_000)).length, 100_000);
    await refused(reader.read(`${folder}/file`, 99_999));
  }));

Deno.test("read() refuses what is not a regular file, before it opens it", () =>
  withFolder(async (folder) => {
    const reader = createFileReader({ effects: { stat: Deno.stat, open: () => Promise.reject(new Error("opened")) } });
    await Deno.mkdir(`${folder}/folder`);
    assertEquals(await refused(reader.read(`${folder}/folder`, 10)), "it is a folder, not a file");
    if (Deno.build.os === "windows") return;
    await Deno.symlink("/dev/zero", `${folder}/zero`);
    assertEquals(await refused(reader.read(`${folder}/zero`, 10)), "it is a device, not a file");
    using _listener = Deno.listen({ transport: "unix", path: `${folder}/socket` });
    assertEquals(await refused(reader.read(`${folder}/socket`, 10)), "it is a socket, not a file");
  }));

Deno.test("read() passes the errors of the runtime through", () =>
  withFolder((folder) =>
    assertRejects(() => createFileReader().read(`${folder}/absent`, 10), Deno.errors.NotFound).then(() => {})
  ));

Deno.test("a file that does not answer fails, and its folder is left alone until it does", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/dead`);
    for (const file of ["dead/a", "dead/b", "c"]) await Deno.writeTextFile(`${folder}/${file}`, file);
    const { asked, release, effects } = createHang((path) => path.includes("/dead/"));
    const reader = createFileReader({ timeoutMs: 500, effects });
    const hangs = "it does not answer; check its disk or network mount";
    assertEquals(await refused(reader.read(`${folder}/dead/a`, 10)), hangs);
    assertEquals(await refused(reader.stat(`${folder}/dead/b`)), hangs);
    assertEquals(asked, [`${folder}/dead/a`]);
    assertEquals(new TextDecoder().decode(await reader.read(`${folder}/c`, 10)), "c");
    release();
    await waitUntil(() => reader.stat(`${folder}/dead/b`).then(() => true, () => false));
  }));

Deno.test("calls that hang never take all threads of the runtime", () =>
  withFolder(async (folder) => {
    const { asked, release, effects } = createHang(() => true);
    const reader = createFileReader({ timeoutMs: 10, effects });
    await Promise.all(Array.from({ length: 100 }, (_, at) => refused(reader.stat(`${folder}/${at}/file`))));
    assertEquals(asked.length >= 12 && asked.length <= 15, true, `${asked.length} calls hang`);
    release();
  }));
