/** The ways to sign in together, on the stores of a data folder. */
import { assert, assertEquals } from "@std/assert";
import { createAuthentication } from "../../../src/access/authentication.ts";
import { markHash } from "../../../src/access/marks.ts";
import type { Peer } from "../../../src/access/peer.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { openFileStores } from "../../../src/store/file_stores.ts";
import { SOME_HASH } from "../../fakes/callers.ts";
import { assertFast } from "../../fakes/assert_fast.ts";

const PEER: Peer = { address: "10.0.0.1", origin: "http://gate:8443", prefix: "", proxied: false, via: "127.0.0.1" };
const ADA = { name: "ada", by: "password", of: markHash(SOME_HASH), address: "10.0.0.1", userAgent: "" } as const;

/** Signing in on a folder that goes with the test. */
async function makeRig() {
  const folder = await Deno.makeTempDir();
  const text = `auth: { users: { ada: { password: "${SOME_HASH}" } } }\nsources: { pi: 192.0.2.1 }\n`;
  const { config } = await loadConfig({ text, env: () => undefined });
  const open = () => createAuthentication({ config: () => config, warn: () => {}, stores: openFileStores({ folder }) });
  const authentication = open();
  const identify = (cookie: string) => {
    const headers = { cookie: `porthole=${cookie}` };
    return authentication.access.identify(new Request("http://gate:8443/", { headers }), PEER);
  };
  const dispose = async () => {
    await authentication.close();
    await Deno.remove(folder, { recursive: true });
  };
  return { authentication, identify, open, [Symbol.asyncDispose]: dispose };
}

Deno.test("the sign-in of a guest ends with the share link", async () => {
  await using rig = await makeRig();
  const { signIns, links, access } = rig.authentication;
  const details = { source: "pi", role: "view", label: "", createdBy: "ada", usesLeft: null } as const;
  const proof = { by: "password", name: "ada", of: ADA.of } as const;
  const { link } = await links.make({ ...details, proof, expiresMs: Date.now() + 60_000 });
  const cookie = await signIns.begin({ ...ADA, name: `link:${link.id}`, by: "share_link", of: link.id });
  const guest = (await rig.identify(cookie))!;
  assertEquals([guest.by, guest.bounds?.sources, await access.whyEnd(guest, "pi", "view")], [
    "share_link",
    ["pi"],
    undefined,
  ]);
  await links.revoke(link.id);
  assertEquals((await access.whyEnd(guest, "pi", "view"))?.code, "not_allowed");
  assertEquals(await rig.identify(cookie), null);
});

Deno.test("close() resolves when every change is in the files", async () => {
  await using rig = await makeRig();
  const other = rig.open();
  const begun = other.signIns.begin(ADA);
  await Promise.all([other.close(), begun]);
  assert(await rig.open().signIns.find(await begun));
});

Deno.test("checking the permissions of 10,000 sessions takes a small part of two seconds", async () => {
  await using rig = await makeRig();
  const cookies = await Promise.all(Array.from({ length: 40 }, () => rig.authentication.signIns.begin(ADA)));
  const users = await Promise.all(cookies.map((cookie) => rig.identify(cookie)));
  await assertFast(500, async () => {
    const ends = await Promise.all(
      Array.from({ length: 10_000 }, (_, at) => rig.authentication.access.whyEnd(users[at % 40]!, "pi", "control")),
    );
    assert(ends.every((end) => end === undefined));
  });
});
