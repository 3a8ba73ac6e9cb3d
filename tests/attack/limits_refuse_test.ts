/** A limit refuses the new one and ends no old one, also when many come at once. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { ADMIN, COOKIES } from "../fakes/callers.ts";
import { type EditableGateway, startEditable } from "../fakes/editable_gateway.ts";
import { type RawAnswer, sendRaw } from "../fakes/raw_http.ts";
import { openViewer } from "../fakes/web_viewer.ts";

async function makeLink({ port }: EditableGateway, uses: number | null) {
  const path = "/api/sources/pi/links";
  const { body } = await sendRaw(port, { method: "POST", path, headers: ADMIN, body: JSON.stringify({ uses }) });
  return { id: JSON.parse(body).id as string, secret: new URL(JSON.parse(body).url).hash.slice(1) };
}

function openLink({ port, origin }: EditableGateway, secret: string, cookie = "") {
  const headers = {
    Origin: origin,
    Accept: "text/html",
    "Content-Type": "application/x-www-form-urlencoded",
    Cookie: cookie,
  };
  return sendRaw(port, { method: "POST", path: "/share", headers, body: `secret=${secret}` });
}

/** Fewer requests at once than one address may have. */
const AT_ONCE = 40;

async function repeat(times: number, ask: () => Promise<RawAnswer>): Promise<RawAnswer[]> {
  const answers: RawAnswer[] = [];
  while (answers.length < times) {
    const more = Math.min(AT_ONCE, times - answers.length);
    answers.push(...await Promise.all(Array.from({ length: more }, ask)));
  }
  return answers;
}

async function countUses({ port }: EditableGateway, id: string): Promise<number> {
  const { body } = await sendRaw(port, { path: "/api/sources/pi/links", headers: ADMIN });
  return JSON.parse(body).find((link: { id: string }) => link.id === id).uses_left;
}

Deno.test("the 51st opener of a link is refused, spends no use, and the first one's session goes on", async () => {
  await using rig = await startEditable();
  const { id, secret } = await makeLink(rig, 100);
  const first = (await openLink(rig, secret)).headers.get("set-cookie")!.split(";")[0]!;
  await using viewer = openViewer(`${rig.wsOrigin}/ws/vnc/pi`, ["binary"], { Cookie: first, Origin: rig.origin });
  await viewer.until(({ byteCount }) => byteCount > 0);

  const answers = await repeat(60, () => openLink(rig, secret));
  assertEquals([303, 429].map((code) => answers.filter(({ status }) => status === code).length), [49, 11]);
  const refused = answers.find(({ status }) => status === 429)!;
  assertEquals(refused.headers.get("retry-after"), "60");
  assertStringIncludes(refused.body, "This link is open in 50 browsers");
  assertEquals([refused.headers.get("set-cookie"), await countUses(rig, id)], [undefined, 50]);

  await rig.gateway.registry.endUnpermitted();
  assertEquals(viewer.socket.readyState, WebSocket.OPEN);
  const { status } = await sendRaw(rig.port, { path: "/api/sources", headers: { Cookie: first } });
  assertEquals(status, 200);
});

Deno.test("whoever is refused a link keeps their own sign-in, and whoever has opened it may open it again", async () => {
  await using rig = await startEditable();
  const { secret } = await makeLink(rig, null);
  const openers = await repeat(50, () => openLink(rig, secret));
  const bob = `porthole=${COOKIES.bob}`;
  assertEquals((await openLink(rig, secret, bob)).status, 429);
  assertEquals((await sendRaw(rig.port, { path: "/api/sources", headers: { Cookie: bob } })).status, 200);
  const [opener] = openers[0]!.headers.get("set-cookie")!.split(";");
  assertEquals((await openLink(rig, secret, opener)).status, 303);
});

Deno.test("a link with three uses that 50 open, 40 at once, lets three in", async () => {
  await using rig = await startEditable();
  const { id, secret } = await makeLink(rig, 3);
  const answers = await repeat(50, () => openLink(rig, secret));
  assertEquals([303, 401].map((code) => answers.filter(({ status }) => status === code).length), [3, 47]);
  assertEquals([await countUses(rig, id), (await rig.stores.signIns.list()).length], [0, 4 + 3]);
});

Deno.test("of 300 links to one screen that are asked for, 40 at once, 200 are made and 100 refused", async () => {
  await using rig = await startEditable();
  const path = "/api/sources/desk/links";
  const ask = () => sendRaw(rig.port, { method: "POST", path, headers: ADMIN, body: "{}" });
  const answers = await repeat(300, ask);
  assertEquals([201, 429].map((code) => answers.filter(({ status }) => status === code).length), [200, 100]);
  assertEquals(answers.find(({ status }) => status === 429)!.headers.get("retry-after"), "60");
});
