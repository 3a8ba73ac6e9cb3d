/** The valve: what nobody can see in a connection goes with the connection, and honest viewers come back. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { dialRaw, encodeFrame, OPCODE, openRaw } from "../fakes/raw_viewer.ts";
import { ResumablePage } from "../fakes/resumable_page.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { Place, type Porthole } from "../process/porthole.ts";

const MIB = 1024 ** 2;
const yaml = (memory: string) =>
  `gateway: { listen: 127.0.0.1:0, tls: none }\nauth: none\nlimits: { memory: ${memory} }\nsources: { demo: { demo: true } }\n`;
const PAGE = { "Sec-WebSocket-Protocol": "porthole.v1" };

/** A viewer that keeps to porthole.v1: it answers the goodbye by closing, and resolves with it. */
async function openPage(port: number) {
  const page = await openRaw(port, "/ws/vnc/demo", PAGE);
  assertEquals(page.status, 101);
  const goodbye = page.until(({ texts }) => texts.some((text) => text.includes('"goodbye"'))).then(async () => {
    await page.sendClose();
    return JSON.parse(page.texts.find((text) => text.includes('"goodbye"'))!);
  });
  return { page, goodbye };
}

async function readMetric({ url }: { url: URL }, line: string): Promise<number> {
  const text = await fetch(new URL("metrics", url)).then((answer) => answer.text(), () => "");
  return Number(text.split("\n").find((one) => one.startsWith(line))?.split(" ").at(-1) ?? NaN);
}

async function serve(place: Place): Promise<Porthole & { readonly url: URL }> {
  const gateway = await place.serve();
  await gateway.waitFor("stderr", /demo: RFB/);
  return gateway;
}

Deno.test("SIGUSR2 ends every connection; pages get a goodbye and come back; it works once a minute", async () => {
  await using place = await Place.make(yaml("75%"));
  const gateway = await serve(place);
  const port = Number(gateway.url.port);
  const { page, goodbye } = await openPage(port);
  await using idler = dialRaw(port);
  await idler.write("GET / HTTP/1.1\r\n");
  gateway.signal("SIGUSR2");
  const { code, close, retry, retry_after_ms } = await goodbye;
  assertEquals([code, close, retry], ["overloaded", 1012, true]);
  assert(retry_after_ms > 700);
  await Promise.all([page.gone, idler.gone]);
  await using back = await openRaw(port, "/ws/vnc/demo", PAGE);
  assertEquals(back.status, 101);
  await gateway.waitFor("stderr", /WARN Ending every connection cause=signal sessions=1/);
  assertEquals(await readMetric(gateway, 'porthole_valve_opened_total{cause="signal"}'), 1);
  const board = await fetch(gateway.url).then((answer) => answer.text());
  assertMatch(board, /Every connection was ended at .* UTC: SIGUSR2 was sent/);
  gateway.signal("SIGUSR2");
  await gateway.waitFor("stderr", /Not ending every connection again within a minute cause=signal/);
  assertEquals(back.isGone, false);
});

Deno.test("SIGUSR2 ends no session of a page that comes back: it loses its connection, without a goodbye", async () => {
  await using place = await Place.make(yaml("75%"));
  const gateway = await serve(place);
  await using page = await ResumablePage.open(`ws://127.0.0.1:${gateway.url.port}/ws/vnc/demo`);
  const listIds = async () =>
    (await (await fetch(new URL("api/sessions", gateway.url))).json()).map(({ id }: { id: string }) => id);
  const ids = await listIds();
  const { closed } = page;
  gateway.signal("SIGUSR2");
  await closed;
  await waitUntil(() => page.comeBack().then(() => true, () => false));
  assertEquals([page.last("goodbye"), page.links], [undefined, 2]);
  assertEquals(await waitUntil(async () => (await listIds().catch(() => [])).length > 0 && await listIds()), ids);
});

Deno.test("a message that never ends is freed with its connection, and honest viewers come back", async () => {
  await using place = await Place.make(yaml("320MiB"));
  const gateway = await serve(place);
  const port = Number(gateway.url.port);
  const honest = await openPage(port);
  await using attacker = await openRaw(port, "/ws/vnc/demo");
  const part = new Uint8Array(4 * MIB);
  await attacker.write(encodeFrame(part, OPCODE.binary, false));
  for (let sent = 0; sent < 1_024 && !attacker.isGone; sent += 4) {
    await attacker.write(encodeFrame(part, OPCODE.continuation, false));
  }
  await attacker.gone;
  await gateway.waitFor("stderr", /Ending every connection cause=memory/);
  await honest.page.gone;
  // A machine that is too slow for the goodbye ends the connection without one.
  honest.goodbye.catch(() => {});
  const resident = 'porthole_memory_bytes{kind="resident"}';
  await waitUntil(async () => await readMetric(gateway, resident) < 320 * MIB);
  await using back = await openRaw(port, "/ws/vnc/demo", PAGE);
  assertEquals(back.status, 101);
});
