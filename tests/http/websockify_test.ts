/** What websockify's clients ask for: the token on any path, or no token where there is one source. */
import { assertEquals } from "@std/assert";
import { COOKIES, startGuarded, TOKENS } from "../fakes/callers.ts";
import { startGateway } from "../fakes/gateway.ts";
import { sendRaw, UPGRADE } from "../fakes/raw_http.ts";
import { startFakeRfb } from "../fakes/rfb_server.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { openViewer } from "../fakes/web_viewer.ts";

const read = async (port: number, path: string, headers: Record<string, string> = UPGRADE) =>
  (await sendRaw(port, { path, headers })).status;

async function startRig(more: string, gateway = "{}") {
  const source = await startFakeRfb();
  const pi = `pi: { host: 127.0.0.1, port: ${source.port} }`;
  const rig = await startGateway(
    `gateway: ${gateway}\nauth: none\nlimits: { connects_per_minute: 1000, per_address: 64, per_source: 64 }\nsources:\n  ${pi}\n${more}`,
  );
  return {
    ...rig,
    async [Symbol.asyncDispose]() {
      await rig[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
    },
  };
}

const OTHER = "  desk: { host: 127.0.0.1, port: 1 }\n";

/** Paths that websockify opens with a token, and that must open here. */
const WITH_TOKEN = [
  "/websockify?token=pi",
  "/websockify/?token=pi",
  "/?token=pi",
  "/vnc/websockify?token=pi",
  "/ws?token=pi",
  "/any/path/websockify?token=pi",
  "//websockify?token=pi",
  "/site/vnc/desk?token=pi",
  "/api/sources?token=pi",
  "/websockify?resize=off&token=pi",
  "/websockify?token=pi&token=desk",
  "/websockify?token=&token=pi",
  "/websockify?token=p%69",
  "/websockify?token=pi%0A",
  "/?path=?token=desk&token=pi",
];

Deno.test("a token opens its source on any path, as on websockify", async () => {
  await using rig = await startRig(OTHER);
  for (const path of WITH_TOKEN) {
    await using viewer = openViewer(rig.wsOrigin + path, ["binary"]);
    await viewer.until(({ byteCount }) => byteCount >= 12);
  }
});

for (const [gateway, path] of [["{ base_path: /vnc/ }", "/vnc"], ["{ trusted_proxies: [127.0.0.1] }", ""]] as const) {
  Deno.test(`a token opens its source below ${gateway}`, async () => {
    await using rig = await startRig(OTHER, gateway);
    const headers = { ...UPGRADE, "X-Forwarded-Prefix": "/lab" };
    for (const asked of WITH_TOKEN) assertEquals(await read(rig.port, path + asked, headers), 101, asked);
  });
}

Deno.test("without a token, /websockify opens the only source", async () => {
  await using rig = await startRig("");
  for (
    const path of ["/websockify", "/websockify/", "/vnc/websockify", "/websockify?token=", "/websockify?resize=off"]
  ) {
    assertEquals(await read(rig.port, path), 101, path);
  }
});

Deno.test("where there are several sources, no token is answered like an unknown one", async () => {
  await using rig = await startRig(OTHER);
  const headers = { ...UPGRADE, Accept: "application/json" };
  const bodies = new Set<string>();
  for (
    const path of ["/websockify", "/websockify/", "/websockify?token=", "/?token=no", "/ws/vnc/no", "/a?token=../pi"]
  ) {
    const { status, body } = await sendRaw(rig.port, { path, headers });
    assertEquals(status, 404, path);
    bodies.add(body);
  }
  assertEquals(bodies.size, 1);
});

Deno.test("the only source is the only one that the sender may open: others stay unknown", async () => {
  await using rig = await startGuarded();
  const cookie = (value: string) => ({ ...UPGRADE, Cookie: `porthole=${value}`, Origin: rig.origin });
  assertEquals(await read(rig.port, "/websockify"), 401);
  assertEquals(await read(rig.port, "/websockify", cookie(COOKIES.bob)), 101);
  assertEquals(await read(rig.port, "/websockify", cookie(COOKIES.guest)), 101);
  assertEquals(await read(rig.port, "/websockify", cookie(COOKIES.ada)), 404);
  assertEquals(await read(rig.port, "/websockify", { ...UPGRADE, Authorization: `Bearer ${TOKENS.admin}` }), 404);
  await waitUntil(() => rig.gateway.registry.size === 0);
  const opened = new Set(rig.lines.map(({ source }) => source).filter((source) => source !== undefined));
  assertEquals([...opened].sort(), ["desk", "pi"]);
});

Deno.test("a name in the path has precedence over a token in the query", async () => {
  await using rig = await startRig(OTHER);
  assertEquals(await read(rig.port, "/ws/vnc/no?token=pi"), 404);
  await using viewer = openViewer(`${rig.wsOrigin}/ws/vnc/pi?token=desk`, ["binary"]);
  await viewer.until(({ byteCount }) => byteCount >= 12);
});

Deno.test("without an upgrade, a path with a token stays what it is", async () => {
  await using rig = await startRig(OTHER);
  for (
    const [path, status] of [
      ["/?token=pi", 200],
      ["/site/vnc/pi?token=desk", 200],
      ["/any/path/websockify?token=pi", 404],
      ["/websockify/?token=pi", 404],
      ["/websockify?token=pi", 426],
    ] as const
  ) {
    assertEquals(await read(rig.port, path, {}), status, path);
    assertEquals(await read(rig.port, path, { Upgrade: "h2c", Connection: "Upgrade" }), status, path);
  }
  const posted = await sendRaw(rig.port, { method: "POST", path: "/?token=pi", headers: UPGRADE });
  assertEquals(posted.status, 405);
});

Deno.test("a token makes a WebSocket of a GET only, whatever a proxy adds to other requests", async () => {
  await using rig = await startRig(OTHER);
  const request = { method: "POST", path: "/api/sources/pi/retry?token=pi", headers: UPGRADE };
  assertEquals((await sendRaw(rig.port, request)).status, 204);
});
