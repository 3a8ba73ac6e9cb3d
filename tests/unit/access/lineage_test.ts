import { assertEquals } from "@std/assert";
import type { Method, Proof } from "../../../src/access/access.ts";
import { createLineage } from "../../../src/access/lineage.ts";
import { markHash } from "../../../src/access/marks.ts";
import { hashToken } from "../../../src/access/opaque_token.ts";
import type { ShareLink } from "../../../src/access/share_links.ts";
import { openAccessStores } from "../../../src/access/stores.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { createMemoryStores } from "../../../src/store/memory_stores.ts";

const YAML = `auth:
  tokens: [{ name: ci, hash: "sha256:${hashToken("ci")}", scopes: [view, links] }]
sources: { pi: 192.0.2.1, desk: { host: 192.0.2.2, allow: [] } }
`;

async function makeRig() {
  const config = async (text: string) => (await loadConfig({ text, env: () => undefined })).config;
  const rig = { config: await config(YAML), nowMs: 0 };
  const { links } = openAccessStores(createMemoryStores({ now: () => rig.nowMs }));
  const lineage = createLineage({
    config: () => rig.config,
    links,
    loginLink: { mark: () => Promise.resolve(undefined) },
    now: () => rig.nowMs,
  });
  const edit = async (text: string) => void (rig.config = await config(text));
  return { rig, links, lineage, edit };
}

const CI: Proof = { by: "token", name: "token:ci", of: markHash(hashToken("ci")) };
const LINK: ShareLink = {
  id: "1",
  hash: "1",
  source: "pi",
  role: "view",
  label: "",
  createdBy: "token:ci",
  proof: CI,
  createdMs: 0,
  expiresMs: 1_000,
  usesLeft: null,
};
const guestOf = (id: string): Proof => ({ by: "share_link", name: `link:${id}`, of: id });

Deno.test("a chain of links, each made by a guest of the one before, ends with its token, at any depth", async () => {
  const { lineage, links, edit } = await makeRig();
  await links.put("1", LINK);
  // Guests cannot make links. If they could, these would end, too.
  for (const [id, before] of [["2", "1"], ["3", "2"]] as const) {
    await links.put(id, { ...LINK, id, proof: guestOf(before) });
  }
  assertEquals((await lineage.find(guestOf("1")))?.bounds, {
    sources: ["pi"],
    role: "view",
    guest: true,
    links: false,
  });
  assertEquals([await lineage.find(guestOf("2")), await lineage.find(guestOf("3"))], [undefined, undefined]);
  await edit("auth: {}\nsources: { pi: 192.0.2.1 }\n");
  assertEquals([await lineage.find(guestOf("1")), await lineage.find(CI)], [undefined, undefined]);
});

Deno.test("a link is no more than what its creator may do now: role, screen, right to share", async () => {
  const { lineage } = await makeRig();
  const rows: [Partial<ShareLink>, boolean][] = [
    [{}, true],
    [{ role: "control" }, false],
    [{ source: "desk" }, false],
    [{ source: "gone" }, false],
    [{ proof: { ...CI, of: "another secret" } }, false],
    [{ proof: { ...CI, name: "token:other" } }, false],
    [{ proof: { by: "open", name: "anybody" } }, false],
    [{ proof: { by: "jwt", name: "jwt:x" } }, false],
  ];
  for (const [more, stands] of rows) {
    assertEquals(await lineage.mayStillShare({ ...LINK, ...more }), stands, JSON.stringify(more));
  }
});

Deno.test("a proof that nothing is known of, or that expired, identifies nobody", async () => {
  const { rig, lineage, links } = await makeRig();
  for (const by of ["passkey", "__proto__", "constructor"]) {
    assertEquals(await lineage.find({ by: by as Method, name: "ada" }), undefined, by);
  }
  assertEquals(await lineage.find(guestOf("none")), undefined);
  await links.put("1", LINK);
  rig.nowMs = 1_000;
  assertEquals(await lineage.find(guestOf("1")), undefined);
});

Deno.test("a link made while nobody had to sign in ends when the gateway requires it", async () => {
  const { lineage, edit } = await makeRig();
  const link: ShareLink = { ...LINK, createdBy: "anybody", proof: { by: "open", name: "anybody" } };
  await edit("auth: none\nsources: { pi: 192.0.2.1 }\n");
  assertEquals(await lineage.mayStillShare(link), true);
  await edit(YAML);
  assertEquals(await lineage.mayStillShare(link), false);
});
