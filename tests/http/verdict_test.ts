/** What a probe calls ready opens in the page, and what it calls impossible does not, in both modes. */
import { assertEquals } from "@std/assert";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { enterAsNovnc } from "../fakes/novnc_handshake.ts";
import { startFakeRfb } from "../fakes/rfb_server.ts";
import { serve } from "../fakes/rfb_security/serve.ts";
import { type FakeSource, playSource } from "../fakes/rfb_security/source.ts";
import { asByteStream } from "../fakes/web_stream.ts";
import { openViewer } from "../fakes/web_viewer.ts";

const KNOWS = { username: "ada", password: "secret12" };

const VERSIONS = [
  ...["003.003", "003.004", "003.005", "003.006", "003.007", "003.008", "003.010", "003.014", "003.016", "003.889"],
  ...["004.000", "004.001", "004.002", "005.000", "005.001"],
];
const COMMON_VERSIONS = ["003.003", "003.007", "003.008", "005.001"];

const FEW_OFFERS: readonly FakeSource[] = [{ types: [1] }, { types: [2] }, { types: [99] }];
const OFFERS: readonly FakeSource[] = [
  ...FEW_OFFERS,
  { types: [2, 1] },
  { types: [1, 2] },
  { types: [99, 2] },
  { types: [13] },
  { types: [18, 1] },
  { types: [30] },
  { types: [30, 2] },
  { types: [2, 30] },
  { types: [16], subtypes: [] },
  { types: [16], subtypes: [1] },
  { types: [16], subtypes: [2] },
  { types: [16], subtypes: [130] },
  { types: [2, 16], subtypes: [130] },
  { types: [16, 2], subtypes: [130] },
  { types: [19], subtypes: [256] },
  { types: [19], subtypes: [2] },
  { types: [19], subtypes: [1] },
  { types: [19], subtypes: [258] },
  { types: [19, 2], subtypes: [258] },
  { types: [19, 1], subtypes: [256, 2] },
];

const SETTINGS: readonly Record<string, unknown>[] = [{}, { view_only: true }, KNOWS, { password: KNOWS.password }];

/** One server, and how the source is configured. */
interface Case {
  readonly fake: FakeSource;
  readonly settings: Record<string, unknown>;
}

const cases: Case[] = [
  ...VERSIONS.flatMap((version) => FEW_OFFERS.map((offer) => ({ version: `RFB ${version}`, ...offer }))),
  // Tight came with 3.7, and before 3.8 its None is not specified.
  ...COMMON_VERSIONS.flatMap((version) =>
    OFFERS.slice(FEW_OFFERS.length).map((offer) => ({ version: `RFB ${version}`, ...offer }))
  ),
].filter(({ version, types }) => !types.includes(16) || /3\.008|005/.test(version)).flatMap((fake) =>
  SETTINGS.map((settings) => ({ fake: { ...KNOWS, ...fake }, settings }))
);

/** Whether it is ready, who logs in, and whether the user is asked for something. */
interface Verdict {
  readonly ready: boolean;
  readonly mode: unknown;
  readonly asks: boolean;
}

async function probe({ origin }: TestGateway): Promise<Verdict & { detail: string }> {
  const { status, detail, mode } = await (await fetch(`${origin}/api/sources/pi/probe`)).json();
  return { ready: status === "up", mode, asks: detail.includes(", needs "), detail };
}

/** Opens the source as the page does, whose user answers every question. */
async function open({ wsOrigin }: TestGateway, headers: Record<string, string> = {}): Promise<Verdict> {
  await using page = openViewer(`${wsOrigin}/ws/vnc/pi`, ["porthole.v1"], headers);
  const stream = asByteStream(page);
  page.socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string" && JSON.parse(data).type === "ask") {
      page.send(JSON.stringify({ type: "credentials", ...KNOWS }));
    }
  });
  const entered = await serve(stream, enterAsNovnc(KNOWS)).then(({ result }) => result, () => undefined);
  if (!entered) return { ready: false, mode: undefined, asks: false };
  await page.until(({ side }) => side.some(({ type }) => type === "hello"));
  const asked = page.side.some(({ type }) => type === "ask");
  const { mode } = page.side.find(({ type }) => type === "hello")!;
  return { ready: true, mode, asks: asked || entered.path.some((type) => ![1, 16, 19].includes(type)) };
}

for (const version of [...new Set(cases.map(({ fake }) => fake.version!))]) {
  Deno.test(`what a probe says of ${version} is what happens in the page`, async () => {
    const wrong: unknown[] = [];
    for (const { fake, settings } of cases.filter(({ fake }) => fake.version === version)) {
      await using server = await startFakeRfb({
        script: async (stream) => {
          await serve(stream, playSource(fake)).catch(() => {});
          await stream.ended;
        },
      });
      const sources = { pi: { host: "127.0.0.1", port: server.port, ...settings } };
      await using gateway = await startGateway(JSON.stringify({ auth: "none", sources }));
      const { detail, ...found } = await probe(gateway);
      const opened = await open(gateway);
      const isSame = found.ready === opened.ready &&
        (!opened.ready || JSON.stringify(found) === JSON.stringify(opened));
      if (!isSame) wrong.push({ offer: [fake.types, fake.subtypes], settings, detail, found, opened });
    }
    assertEquals(wrong, []);
  });
}

Deno.test("the gateway logs in where noVNC could only in a secure context, and the page is none", async () => {
  await using server = await startFakeRfb({
    script: async (stream) => {
      await serve(stream, playSource({ ...KNOWS, types: [30] })).catch(() => {});
      await stream.ended;
    },
  });
  const sources = { pi: { host: "127.0.0.1", port: server.port } };
  const gateway = { trusted_proxies: ["127.0.0.1"] };
  await using rig = await startGateway(JSON.stringify({ auth: "none", gateway, sources }));
  for (const [host, mode] of [["192.168.1.5:8080", "login"], ["localhost:8080", "pass_through"]] as const) {
    assertEquals((await open(rig, { "X-Forwarded-Host": host })).mode, mode);
  }
});
