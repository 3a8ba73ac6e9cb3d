import { assert, assertEquals } from "@std/assert";
import { ShareLinks } from "../../../src/access/share_links.ts";
import { openAccessStores } from "../../../src/access/stores.ts";
import { createMemoryStores } from "../../../src/store/memory_stores.ts";

function makeRig() {
  const clock = { ms: 1_000_000 };
  const creators = new Set(["ada"]);
  const now = () => clock.ms;
  const store = openAccessStores(createMemoryStores({ now })).links;
  const mayStillShare = ({ createdBy }: { createdBy: string }) => Promise.resolve(creators.has(createdBy));
  const links = new ShareLinks({ store, mayStillShare, now });
  const make = (usesLeft: number | null = null) =>
    links.make({
      source: "pi",
      role: "view",
      label: "",
      createdBy: "ada",
      proof: { by: "password", name: "ada" },
      expiresMs: clock.ms + 60_000,
      usesLeft,
    });
  return { clock, creators, store, links, make };
}

Deno.test("a link is opened by its secret, and not by anything that is stored", async () => {
  const { links, store, make } = makeRig();
  const { link, secret } = await make();
  assertEquals([(await links.open(secret))?.id, (await links.find(secret))?.id], [link.id, link.id]);
  assert(!JSON.stringify(await store.list()).includes(secret));
  for (const wrong of ["", link.id, link.hash, secret.slice(1)]) {
    assertEquals([await links.open(wrong), await links.find(wrong)], [undefined, undefined]);
  }
});

Deno.test("a secret must match the whole hash, and not only its start, which is the id", async () => {
  const { links, store, make } = makeRig();
  const { link, secret } = await make();
  await store.put(link.id, { ...link, hash: link.id.padEnd(64, "0") });
  assertEquals([await links.open(secret), await links.find(secret)], [undefined, undefined]);
});

Deno.test("a link with three uses left that is opened fifty times at once opens three times", async () => {
  const { links, make } = makeRig();
  const { link, secret } = await make(3);
  const opened = await Promise.all(Array.from({ length: 50 }, () => links.open(secret)));
  assertEquals(opened.filter(Boolean).map((one) => one?.usesLeft), [2, 1, 0]);
  assertEquals([await links.find(secret), (await links.get(link.id))?.usesLeft], [undefined, 0]);
});

Deno.test("opening a link while it is revoked does not bring it back", async () => {
  const { links, make } = makeRig();
  const { link, secret } = await make(40);
  const openings = Array.from({ length: 20 }, () => links.open(secret));
  await Promise.all([...openings, links.revoke(link.id), ...Array.from({ length: 20 }, () => links.open(secret))]);
  assertEquals([await links.open(secret), await links.get(link.id), await links.list()], [undefined, undefined, []]);
});

Deno.test("links made at once are all kept, newest first", async () => {
  const { clock, links, make } = makeRig();
  const { link: first } = await make();
  clock.ms += 1;
  await Promise.all(Array.from({ length: 20 }, () => make()));
  const listed = await links.list();
  assertEquals([listed.length, listed.at(-1)?.id], [21, first.id]);
});

Deno.test("a link ends when it expires, however often it was used", async () => {
  const { clock, links, make, store } = makeRig();
  const { link, secret } = await make(5);
  clock.ms += 59_999;
  assert(await links.open(secret));
  clock.ms += 1;
  assertEquals([await links.open(secret), await links.get(link.id)], [undefined, undefined]);
  assertEquals([await links.list(), await store.list()], [[], []]);
});

Deno.test("a link does not work while its creator lacks the permission, and works again afterwards", async () => {
  const { creators, links, make } = makeRig();
  const { link, secret } = await make(1);
  creators.delete("ada");
  assertEquals([await links.open(secret), await links.get(link.id), await links.list()], [undefined, undefined, []]);
  creators.add("ada");
  assertEquals((await links.open(secret))?.usesLeft, 0);
});

Deno.test("of 250 links to one source that are made at once, 200 are made", async () => {
  const { links, make } = makeRig();
  const made = await Promise.allSettled(Array.from({ length: 250 }, () => make()));
  assertEquals(made.filter(({ status }) => status === "fulfilled").length, 200);
  await links.revoke((await links.list())[0]!.id);
  assert(await make());
});
