/** Somebody sets the clock of the machine while the gateway runs. */
import { assertEquals } from "@std/assert";
import { hashToken } from "../../src/access/opaque_token.ts";
import { openViewer } from "../fakes/web_viewer.ts";
import { Place } from "../process/porthole.ts";

/** The clock of the process is as many days ahead as a file says. */
const CLOCK = `
const Real = Date;
const now = () => Real.now() + Number(Deno.readTextFileSync("days")) * 86_400_000;
globalThis.Date = class extends Real {
  constructor(...parts) {
    super(...(parts.length > 0 ? parts : [now()]));
  }
  static now() {
    return now();
  }
};`;
const TOKEN = "a-token-of-a-program-that-nobody-guesses-0123";
const YAML = `gateway: { listen: 127.0.0.1:0, tls: none }
auth: { tokens: [{ name: bot, hash: "sha256:${hashToken(TOKEN)}", scopes: [admin, metrics] }] }
sources: { demo: { demo: true }`;
const HEADERS = { Authorization: `Bearer ${TOKEN}` };

Deno.test("a clock that is set back 3,000 days ends no session, and makes no time negative", async () => {
  await using place = await Place.make(`${YAML}, other: { demo: true } }\n`);
  await Deno.writeTextFile(`${place.folder}/days`, "0");
  await Deno.writeTextFile(`${place.folder}/clock.mjs`, CLOCK);
  const gateway = await place.serve(["--log", "json"], { preload: `${place.folder}/clock.mjs` });
  const open = (name: string) =>
    openViewer(`${gateway.url.href.replace("http", "ws")}ws/vnc/${name}`, ["binary"], HEADERS);
  await using before = open("demo");
  await using other = open("other");
  for (const viewer of [before, other]) await viewer.until(({ byteCount }) => byteCount >= 12);
  await Deno.writeTextFile(`${place.folder}/days`, "-3000");
  // The change of the configuration checks every session.
  await Deno.writeTextFile(`${place.folder}/sources.yaml`, `${YAML} }\n`);
  await gateway.waitFor("stderr", /"time":"201\d-.*Configuration changed/);
  assertEquals((await other.closed).code, 4410);
  assertEquals(before.socket.readyState, WebSocket.OPEN);
  await using after = open("demo");
  await after.until(({ byteCount }) => byteCount >= 12);
  assertEquals((await listSessions(gateway.url)).map(({ source }) => source), ["demo", "demo"]);
  before.socket.close();
  await gateway.waitFor("stderr", /Session ended.*"source":"demo".*"seconds":\d/);
  assertEquals(/"seconds":-/.test(gateway.said("stderr")), false);
});

async function listSessions(url: URL): Promise<{ source: string }[]> {
  return await (await fetch(new URL("api/sessions", url), { headers: HEADERS })).json();
}
