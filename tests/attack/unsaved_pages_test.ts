/** What pages say, and what goes on, while the disk is full. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { hashToken } from "../../src/access/opaque_token.ts";
import { openAccessStores } from "../../src/access/stores.ts";
import { createDemo } from "../../src/demo/connect.ts";
import { asUser, type COOKIES, LINK_ID, LINK_SECRET, makeStores, writeGuardedYaml } from "../fakes/callers.ts";
import { startGateway } from "../fakes/gateway.ts";
import { sendRaw } from "../fakes/raw_http.ts";
import { makeStoreRig } from "../fakes/store_rig.ts";
import { openViewer } from "../fakes/web_viewer.ts";

const FULL = "This could not be saved: the gateway&#39;s disk is full. Until it is saved, a restart";

async function startRig() {
  const { disk, ...rest } = await makeStoreRig();
  const stores = await makeStores(rest.open());
  const yaml = writeGuardedYaml(1).replaceAll(/host: 127.0.0.1, port: 1\b/g, "demo: true");
  const demo = createDemo();
  const gateway = await startGateway(yaml, { stores, openDemo: () => demo.connect() });
  const ask = (method: string, path: string, headers: Record<string, string>, body = "") => {
    const form = { "Content-Type": "application/x-www-form-urlencoded", Accept: "text/html" };
    return sendRaw(gateway.port, { method, path, headers: { ...form, ...headers }, body });
  };
  return {
    ...gateway,
    disk,
    links: openAccessStores(stores).links,
    as: (name: keyof typeof COOKIES) => asUser(name, gateway),
    get: (path: string, headers: Record<string, string>) => ask("GET", path, headers),
    post: (path: string, headers: Record<string, string>, body: string) => ask("POST", path, headers, body),
    async [Symbol.asyncDispose]() {
      disk.full = false;
      await gateway[Symbol.asyncDispose]();
      await rest[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a full disk: a revoked link ends its guest's session, and the page says what is not saved", async () => {
  await using rig = await startRig();
  await using guest = openViewer(`${rig.wsOrigin}/ws/vnc/pi`, ["porthole.v1"], rig.as("guest"));
  await guest.until(({ byteCount }) => byteCount > 0);
  rig.disk.full = true;
  const { status, body } = await rig.post("/account/links/revoke", rig.as("ada"), `id=${LINK_ID}`);
  await guest.closed;
  assertEquals([status, guest.side.find(({ type }) => type === "goodbye")?.close], [503, 4403]);
  assertStringIncludes(body, `The share link is revoked. ${FULL}`);
  assertStringIncludes((await rig.get("/", rig.as("root"))).body, "share-links.json cannot be saved");
  assertEquals((await rig.get("/", rig.as("bob"))).body.includes("cannot be saved"), false);
  const [event] = rig.gateway.audit.list(10).filter(({ event }) => event === "link_revoked");
  assertEquals(event?.outcome, "not_stored");
});

Deno.test("a full disk: a browser that signs out is signed out, and told that this is not saved", async () => {
  await using rig = await startRig();
  rig.disk.full = true;
  const { status, headers, body } = await rig.post("/sign-out", rig.as("ada"), "");
  assertEquals([status, headers.get("set-cookie")?.includes("Max-Age=0")], [503, true]);
  assertStringIncludes(body, `You are signed out. ${FULL}`);
  assertEquals((await rig.get("/account", rig.as("ada"))).status, 401);
});

Deno.test("a full disk: nothing is made that a restart would forget, no use is spent, and guests come in", async () => {
  await using rig = await startRig();
  const hash = hashToken("once");
  const once = { ...(await rig.links.get(LINK_ID))!, id: hash.slice(0, 16), hash, usesLeft: 1 };
  await rig.links.put(once.id, once);
  rig.disk.full = true;
  const made = await rig.post("/account/links", rig.as("ada"), "source=pi&role=view");
  assertEquals([made.status, (await rig.links.list()).length], [503, 2]);
  assertStringIncludes(made.body, "The share link was not created: the gateway&#39;s disk is full");

  const refused = await rig.post("/share", {}, "secret=once");
  assertEquals(refused.status, 503);
  assertStringIncludes(refused.body, "This link cannot be opened now: the gateway&#39;s disk is full");
  assertEquals((await rig.post("/share", {}, `secret=${LINK_SECRET}`)).status, 303);
  rig.disk.full = false;
  assertEquals([(await rig.post("/share", {}, "secret=once")).status, (await rig.links.get(once.id))?.usesLeft], [
    303,
    0,
  ]);
});
