import { assert, assertEquals, assertRejects } from "@std/assert";
import { adoptFormerFiles } from "../../../src/access/former_files.ts";
import { openLoginLink } from "../../../src/access/login_link.ts";
import { hashToken } from "../../../src/access/opaque_token.ts";
import { openAccessStores } from "../../../src/access/stores.ts";
import { openFileStores } from "../../../src/store/file_stores.ts";
import { DataFolderError } from "../../../src/store/store.ts";

Deno.test("two-factor secrets and the login link of 0.1.0 are migrated once", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await adoptFormerFiles(folder, openFileStores({ folder }));
    const secret = { secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", lastStep: 7 };
    await Deno.writeTextFile(`${folder}/second-steps.json`, JSON.stringify({ ada: secret, __proto__: null }));
    await Deno.writeTextFile(`${folder}/access.json`, JSON.stringify({ hash: hashToken("the token") }));
    await Deno.writeTextFile(`${folder}/sign-ins.json`, "[]");
    await Deno.writeTextFile(`${folder}/links.json`, "[]");
    await adoptFormerFiles(folder, openFileStores({ folder }));
    const stores = openFileStores({ folder });
    assertEquals(await openAccessStores(stores).twoFactor.get("ada"), secret);
    assert(await openLoginLink(stores).isToken("the token"));
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => !name.endsWith(".copy"));
    assertEquals(names.sort(), ["login-link.json", "two-factor.json"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a broken file of 0.1.0 prevents the start only if two-factor authentication would be off without it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/access.json`, "");
    await adoptFormerFiles(folder, openFileStores({ folder }));
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name.slice(0, 19)), ["access.json.broken-"]);
    await Deno.writeTextFile(`${folder}/second-steps.json`, "{");
    await assertRejects(
      () => adoptFormerFiles(folder, openFileStores({ folder })),
      DataFolderError,
      "of an older version cannot be read",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
