import { assertEquals } from "@std/assert";
import { HASH_FILE, hashSources } from "../../../.ci/bundle_hash.ts";

Deno.test("the bundle in static/ is built from the current src/viewer", async () => {
  const made = (await Deno.readTextFile(HASH_FILE)).trim();
  assertEquals(made, await hashSources(), "run `deno task bundle` and commit static/");
});
