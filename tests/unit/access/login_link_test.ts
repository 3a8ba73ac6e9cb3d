import { assert, assertEquals } from "@std/assert";
import { formatLoginLine, openLoginLink } from "../../../src/access/login_link.ts";
import { openFileStores } from "../../../src/store/file_stores.ts";
import { assertFast } from "../../fakes/assert_fast.ts";

/** Opens the login link of a folder as another process does. */
async function inFolder(work: (open: () => ReturnType<typeof openLoginLink>, folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await work(() => openLoginLink(openFileStores({ folder })), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the token is made only at the first start, and only its hash is kept", () =>
  inFolder(async (open, folder) => {
    const made = await Promise.all(Array.from({ length: 5 }, ((link) => () => link.ensure())(open())));
    const [token = ""] = made.filter((one) => one !== undefined);
    assertEquals(made.filter((one) => one !== undefined).length, 1);
    assertEquals(await open().ensure(), undefined);
    assert(await open().isToken(token));
    for await (const { name } of Deno.readDir(folder)) {
      assert(!(await Deno.readTextFile(`${folder}/${name}`)).includes(token));
    }
    for (const wrong of ["", "token", token.slice(1), `${token} `]) assert(!await open().isToken(wrong));
  }));

Deno.test("a token that another process renews is valid at once, and the previous one is not", () =>
  inFolder(async (open) => {
    const running = open();
    let before = await running.renew();
    for (let round = 0; round < 5; round++) {
      const token = await open().renew();
      assertEquals([await running.isToken(before), await running.isToken(token)], [false, true]);
      before = token;
    }
  }));

Deno.test("many sessions that ask for the token at once share one look at the file", () =>
  inFolder(async (open) => {
    const link = open();
    const token = await link.renew();
    await assertFast(1_000, async () => {
      const answers = await Promise.all(Array.from({ length: 10_000 }, () => link.isToken(token)));
      assert(answers.every(Boolean));
    });
  }));

Deno.test("the token follows the #, which browsers do not send", () => {
  assertEquals(formatLoginLine("https://pi:8443/", "abc"), "porthole login https://pi:8443/sign-in#token=abc");
});
