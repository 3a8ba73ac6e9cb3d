import { assertEquals, assertMatch } from "@std/assert";
import { COOKIES, startGuarded, TOKENS } from "../../fakes/callers.ts";
import { startGateway, type TestGateway } from "../../fakes/gateway.ts";
import { sendRaw, UPGRADE } from "../../fakes/raw_http.ts";
import { openRaw } from "../../fakes/raw_viewer.ts";
import { listenPatiently } from "../../fakes/tcp_source.ts";

const TOKEN = `porthole.token.${TOKENS.admin}`;

const OFFERS: readonly (readonly [offered: string | undefined, chosen: string | undefined])[] = [
  [undefined, undefined],
  ["", undefined],
  ["base64", undefined],
  ["binary", "binary"],
  ["binary,base64", "binary"],
  ["porthole.v1", "porthole.v1"],
  ["binary, porthole.v1", "porthole.v1"],
  ["porthole.v2, binary", "binary"],
  // A token is chosen only if nothing else is: it goes back to its sender and nowhere else.
  [TOKEN, TOKEN],
  [`${TOKEN}, binary`, "binary"],
  [`${TOKEN},porthole.v1`, "porthole.v1"],
];

function start(port: number, limits = ""): Promise<TestGateway> {
  return startGateway(`auth: none\nlimits: { ${limits} }\nsources: { pi: { host: 127.0.0.1, port: ${port} } }`);
}

Deno.test("the side channel is preferred to plain RFB, and a token is chosen only if it came alone", async () => {
  await using source = listenPatiently();
  await using gateway = await start(source.port, "per_address: 100");
  for (const [offered, chosen] of OFFERS) {
    await using viewer = await openRaw(gateway.port, "/ws/vnc/pi", { "Sec-WebSocket-Protocol": offered });
    assertEquals(viewer.status, 101, offered);
    assertEquals(/^sec-websocket-protocol: (.*)$/im.exec(viewer.head)?.[1], chosen, offered);
  }
});

Deno.test("the 101 names the subprotocol and has none of the headers of other responses", async () => {
  await using source = listenPatiently();
  await using gateway = await start(source.port);
  await using viewer = await openRaw(gateway.port, "/ws/vnc/pi", { "Sec-WebSocket-Protocol": "base64,binary" });
  assertEquals(viewer.status, 101);
  const names = [...viewer.head.matchAll(/^([\w-]+):/gm)].map(([, name]) => name!.toLowerCase()).sort();
  assertEquals(names.filter((name) => name !== "date" && name !== "vary"), [
    "connection",
    "sec-websocket-accept",
    "sec-websocket-protocol",
    "upgrade",
  ]);
  assertMatch(viewer.head, /^sec-websocket-protocol: binary$/im);
});

Deno.test("a request that is not a handshake is told what to send", async () => {
  await using gateway = await start(1);
  const ask = async (headers: Record<string, string>) => {
    const { status, headers: got, body } = await sendRaw(gateway.port, { path: "/ws/vnc/pi", headers });
    return [status, JSON.parse(body).detail, got.get("upgrade"), got.get("sec-websocket-version")];
  };
  const open = "This address only accepts WebSockets: open /site/vnc/NAME instead";
  assertEquals(await ask({}), [426, open, "websocket", undefined]);
  assertEquals(await ask({ ...UPGRADE, "Sec-WebSocket-Version": "8" }), [
    426,
    "This gateway only supports version 13 of the WebSocket protocol",
    undefined,
    "13",
  ]);
  assertEquals(await ask({ ...UPGRADE, Connection: "close" }), [
    426,
    "The proxy in front does not pass WebSockets on: the request arrived without Connection: Upgrade",
    "websocket",
    undefined,
  ]);
});

Deno.test("an unknown name is refused before it counts as an attempt to connect", async () => {
  await using source = listenPatiently();
  await using gateway = await start(source.port, "connects_per_minute: 1");
  const ask = async (name: string) =>
    (await sendRaw(gateway.port, { path: `/ws/vnc/${name}`, headers: UPGRADE })).status;
  assertEquals([await ask("nobody"), await ask("nobody"), await ask("pi"), await ask("pi")], [404, 404, 101, 429]);
});

Deno.test("limits are HTTP errors, with the time to wait", async () => {
  await using source = listenPatiently();
  await using gateway = await start(source.port, "per_source: 1");
  await using first = await openRaw(gateway.port);
  assertEquals(first.status, 101);
  const second = await sendRaw(gateway.port, { path: "/ws/vnc/pi", headers: UPGRADE });
  assertEquals([second.status, JSON.parse(second.body).code], [429, "limit_reached"]);
  assertEquals(Number(second.headers.get("retry-after")) > 0, true);
  assertEquals(gateway.gateway.registry.size, 1);
});

Deno.test("a draining gateway refuses with 503, and is alive but not ready", async () => {
  await using gateway = await start(1);
  const ask = async (path: string) => (await sendRaw(gateway.port, { path })).status;
  assertEquals([await ask("/readyz"), await ask("/healthz")], [200, 200]);
  await gateway.gateway.registry.drain();
  const answer = await sendRaw(gateway.port, { path: "/ws/vnc/pi", headers: UPGRADE });
  assertEquals([answer.status, JSON.parse(answer.body).code], [503, "draining"]);
  assertEquals([await ask("/readyz"), await ask("/healthz")], [503, 200]);
});

Deno.test("a session knows its user, address and role from the request", async () => {
  await using rig = await startGuarded();
  const open = async (headers: Record<string, string>) => {
    await using viewer = await openRaw(rig.port, "/ws/vnc/pi", { Origin: undefined, ...headers });
    assertEquals(viewer.status, 101);
    const { user, viewOnly } = rig.gateway.registry.list().at(-1)!;
    return [user.name?.replace(/^link:.*/, "link"), user.address, viewOnly];
  };
  const as = (cookie: string) => ({ Cookie: `porthole=${cookie}`, Origin: rig.origin });
  assertEquals(await open(as(COOKIES.ada)), ["ada", "127.0.0.1", false]);
  assertEquals(await open(as(COOKIES.guest)), ["link", "127.0.0.1", true]);
  assertEquals(await open({ Authorization: `Bearer ${TOKENS.viewer}` }), ["token:viewer", "127.0.0.1", true]);
  assertEquals(await open({ "Sec-WebSocket-Protocol": TOKEN }), ["token:admin", "127.0.0.1", false]);
});

Deno.test("the name in the path is taken decoded, and as a whole", async () => {
  await using source = listenPatiently();
  await using gateway = await start(source.port);
  const ask = async (name: string) =>
    (await sendRaw(gateway.port, { path: `/ws/vnc/${name}`, headers: UPGRADE })).status;
  assertEquals(await ask("p%69"), 101);
  for (const name of ["pi%2f", "..%2fpi", "%70%69%00", "PI", "__proto__"]) assertEquals(await ask(name), 404, name);
});
