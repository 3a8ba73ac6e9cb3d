import { assertEquals, assertRejects } from "@std/assert";
import { PortholeError } from "../../../src/errors.ts";
import { openPins } from "../../../src/source/pins.ts";
import { openFileStores } from "../../../src/store/file_stores.ts";
import { makeStoreRig } from "../../fakes/store_rig.ts";
import { createMemoryStores } from "../../../src/store/memory_stores.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);

/** Pins in a folder of their own; `open` opens them as another process does. */
async function inFolder(work: (open: () => ReturnType<typeof openPins>, path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(() => openPins(openFileStores({ folder })), `${folder}/pins.json`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("pins are kept in a file that only the owner can read", () =>
  inFolder(async (open, path) => {
    const pins = open();
    assertEquals(await pins.get("pi"), undefined);
    assertEquals(await pins.keepFirst("pi", A), { pin: A, isFirst: true });
    assertEquals(await pins.keepFirst("__proto__", B), { pin: B, isFirst: true });
    assertEquals(await pins.keepFirst("pi", B), { pin: A, isFirst: false });
    assertEquals([await open().get("pi"), await open().get("__proto__")], [A, B]);
    assertEquals(await Deno.readTextFile(path), `{\n  "pi": "sha256:${A}",\n  "__proto__": "sha256:${B}"\n}\n`);
    if (Deno.build.os !== "windows") assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  }));

Deno.test("pins that are added at the same time are all kept", () =>
  inFolder(async (open) => {
    const pins = open();
    const names = Array.from({ length: 20 }, (_, at) => `pi${at}`);
    await Promise.all(names.map((name) => pins.keepFirst(name, A)));
    for (const name of names) assertEquals(await open().get(name), A);
  }));

Deno.test("connections that see a source for the first time at once agree on one pin", async () => {
  const pins = openPins(createMemoryStores());
  const kept = await Promise.all([A, B, A, B].map((fingerprint) => pins.keepFirst("pi", fingerprint)));
  assertEquals(kept.map(({ pin }) => pin), [A, A, A, A]);
  assertEquals(kept.map(({ isFirst }) => isFirst), [true, false, false, false]);
});

Deno.test("a line that an editor removes is forgotten at once, and other lines stay", () =>
  inFolder(async (open, path) => {
    const pins = open();
    await pins.keepFirst("pi", A);
    await pins.keepFirst("desk", A);
    await Deno.writeTextFile(path, `{ "desk": "sha256:${A}" }`);
    assertEquals([await pins.get("pi"), await pins.get("desk")], [undefined, A]);
    assertEquals(await pins.keepFirst("pi", B), { pin: B, isFirst: true });
    assertEquals(await open().get("desk"), A);
  }));

Deno.test("with a broken file or pin no source is trusted, and the file is not changed", () =>
  inFolder(async (open, path) => {
    for (const text of ["{", "[]x", "null", '{"pi": 3}', '{"pi": "sha256:abc"}', `{"pi": "${A}"}`, '{"pi": null}']) {
      await Deno.writeTextFile(path, text);
      const pins = open();
      await assertRejects(() => pins.get("pi"), PortholeError, "Cannot read pins.json", text);
      await assertRejects(() => pins.keepFirst("pi", A), PortholeError);
      assertEquals(await Deno.readTextFile(path), text);
    }
  }));

Deno.test("a first fingerprint that cannot be stored is refused each time, and kept as soon as it can be", async () => {
  await using rig = await makeStoreRig();
  const pins = openPins(rig.open());
  const fingerprint = "ab".repeat(32);
  rig.disk.full = true;
  for (let tries = 0; tries < 2; tries++) {
    const { code, message } = await assertRejects(() => pins.keepFirst("pi", fingerprint), PortholeError);
    assertEquals(code, "not_stored");
    assertEquals(
      message,
      "The fingerprint of this VNC server is not known yet, and cannot be kept: the gateway's disk is full",
    );
    assertEquals(await pins.get("pi"), undefined);
  }
  rig.disk.full = false;
  assertEquals(await pins.keepFirst("pi", fingerprint), { pin: fingerprint, isFirst: true });
});
