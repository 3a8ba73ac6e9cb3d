/** Edits of sources.yaml while sessions are open: what they take up, and what ends them. */
import { assertEquals } from "@std/assert";
import { COOKIES } from "../fakes/callers.ts";
import { type EditableGateway, startEditable } from "../fakes/editable_gateway.ts";
import { startGateway } from "../fakes/gateway.ts";
import { startFakeRfb } from "../fakes/rfb_server.ts";
import { RfbViewer } from "../fakes/rfb_viewer.ts";
import { asByteStream } from "../fakes/web_stream.ts";
import { openViewer, type TestViewer } from "../fakes/web_viewer.ts";
import { loadConfig } from "../../src/config/load.ts";

const PI = 'pi: { demo: true, allow: [ada, "group:staff"], view: ["group:guests"] }';

async function openAs(name: keyof typeof COOKIES, { wsOrigin, origin }: EditableGateway): Promise<TestViewer> {
  const headers = { Origin: origin, Cookie: `porthole=${COOKIES[name]}` };
  const viewer = openViewer(`${wsOrigin}/ws/vnc/pi`, ["porthole.v1"], headers);
  await RfbViewer.open(asByteStream(viewer));
  await viewer.until(({ side }) => side.some(({ type }) => type === "hello"));
  return viewer;
}

const hellos = ({ side }: TestViewer) => side.filter(({ type }) => type === "hello");

const HARMLESS: Record<string, string> = {
  title: 'pi: { demo: true, title: Other, allow: [ada, "group:staff"], view: ["group:guests"] }',
  group: 'pi: { demo: true, group: Upstairs, allow: [ada, "group:staff"], view: ["group:guests"] }',
  "allow, for the same person": 'pi: { demo: true, allow: [ada], view: ["group:guests"] }',
  "allow, by a group": 'pi: { demo: true, allow: ["group:staff"] }',
  "every other key that says nothing of how it is reached":
    "pi: { demo: true, clipboard_limit: 2KiB, keepalive: 7s, connect_timeout: 7s, login_timeout: 7s, look: off }",
};

for (const [what, edited] of Object.entries(HARMLESS)) {
  Deno.test(`an open session goes on when its source changes in ${what}, and the page is told`, async () => {
    await using rig = await startEditable();
    await using viewer = await openAs("ada", rig);
    const [session] = rig.gateway.registry.list();
    await rig.edit((yaml) => yaml.replace(PI, edited));
    await viewer.until((one) => hellos(one).length === 2);
    assertEquals(rig.gateway.registry.list(), [session]);
    const [before, after] = hellos(viewer);
    const { title, clipboardLimitBytes } = rig.live.current.sources.get("pi")!;
    assertEquals(after, { ...before!, title, clipboard_limit: clipboardLimitBytes });
  });
}

const ENDING: Record<string, string> = {
  view_only: 'pi: { demo: true, view_only: true, allow: [ada, "group:staff"], view: ["group:guests"] }',
  clipboard: 'pi: { demo: true, clipboard: in, allow: [ada, "group:staff"], view: ["group:guests"] }',
  "the VNC server": 'pi: { host: 127.0.0.1, port: 1, allow: [ada, "group:staff"], view: ["group:guests"] }',
};

for (const [what, edited] of Object.entries(ENDING)) {
  Deno.test(`an open session ends when its source changes in ${what}`, async () => {
    await using rig = await startEditable();
    await using viewer = await openAs("ada", rig);
    await rig.edit((yaml) => yaml.replace(PI, edited));
    await viewer.closed;
    assertEquals(viewer.side.find(({ type }) => type === "goodbye")?.code, "source_changed");
  });
}

Deno.test("a session ends with its permission, while others on the same source go on", async () => {
  await using rig = await startEditable();
  await using ada = await openAs("ada", rig);
  await using root = await openAs("root", rig);
  await rig.edit((yaml) => yaml.replace(PI, "pi: { demo: true, title: Other, allow: [bob] }"));
  await ada.closed;
  assertEquals(ada.side.find(({ type }) => type === "goodbye")?.code, "not_allowed");
  await root.until((one) => hellos(one).length === 2);
  assertEquals(rig.gateway.registry.list().map(({ user }) => user.name), ["root"]);
});

Deno.test("a view-only session comes back when its user may control the source", async () => {
  await using rig = await startEditable((yaml) => yaml.replace(PI, "pi: { demo: true, view: [ada] }"));
  await using viewer = await openAs("ada", rig);
  assertEquals(hellos(viewer)[0]?.view_only, true);
  await rig.edit((yaml) => yaml.replace("view: [ada]", "allow: [ada]"));
  await viewer.closed;
  const { code, retry } = viewer.side.find(({ type }) => type === "goodbye")!;
  assertEquals([code, retry], ["source_changed", true]);
});

Deno.test("a session that is being opened goes on when its source changes in its title", async () => {
  await using fake = await startFakeRfb({ fault: { at: "connect", then: "stall" } });
  const write = (title: string) =>
    JSON.stringify({ auth: "none", sources: { pi: { host: "127.0.0.1", port: fake.port, title } } });
  await using gateway = await startGateway(write("One"));
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, ["porthole.v1"]);
  await fake.waitFor(({ live }) => live === 1);
  const { config } = await loadConfig({
    text: write("Two"),
    env: () => undefined,
    overrides: { tls: { mode: "none" } },
  });
  gateway.live.current = config;
  await gateway.gateway.applyConfig();
  assertEquals(gateway.gateway.registry.list().map(({ source }) => source.config.title), ["Two"]);
  assertEquals(viewer.side.some(({ type }) => type === "hello" || type === "goodbye"), false);
});

Deno.test("an open session takes up another clipboard_limit, on the wire as on the page", async () => {
  await using fake = await startFakeRfb();
  const write = (clipboard_limit: string) =>
    JSON.stringify({
      auth: "none",
      sources: { pi: { host: "127.0.0.1", port: fake.port, clipboard: "in", clipboard_limit } },
    });
  await using gateway = await startGateway(write("1KiB"));
  await using page = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, ["porthole.v1"]);
  const viewer = await RfbViewer.open(asByteStream(page));
  await page.until((one) => hellos(one).length === 1);
  await viewer.cut("x".repeat(2048));
  await page.until(({ side }) => side.some(({ type }) => type === "clipboard_dropped"));
  const { config } = await loadConfig({
    text: write("2KiB"),
    env: () => undefined,
    overrides: { tls: { mode: "none" } },
  });
  gateway.live.current = config;
  await gateway.gateway.applyConfig();
  await page.until((one) => hellos(one)[1]?.clipboard_limit === 2048);
  await viewer.cut("x".repeat(2048));
  await fake.waitFor(() => fake.seen("ClientCutText").length === 1);
});

Deno.test("an open session goes on when keys of the gateway change that need no restart", async () => {
  await using rig = await startEditable();
  await using viewer = await openAs("ada", rig);
  const [session] = rig.gateway.registry.list();
  const keys = "public_url: https://vnc.example.net/, allowed_hosts: [gate], deny_networks: [192.0.2.0/24]";
  await rig.edit((yaml) => `gateway: { ${keys} }\n${yaml}`.replace("connects_per_minute: 1000", "per_address: 7"));
  await rig.edit((yaml) => yaml.replace("desk:", "tv:"));
  assertEquals([rig.gateway.registry.list(), hellos(viewer).length], [[session], 1]);
});
