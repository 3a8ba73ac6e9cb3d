/** Every file of deploy/ for a proxy that apt has, run by that proxy. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { RfbViewer } from "../fakes/rfb_viewer.ts";
import { readToEnd, writeAll } from "../fakes/tcp_source.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { testWith } from "./programs.ts";
import { PROXIES, type ProxyRig, startBehind } from "./proxies.ts";
import { openWebStream } from "./web_stream.ts";

/** What a browser may send to pretend that it is somebody, or somewhere, else. */
const FORGED = {
  "x-forwarded-for": "6.6.6.6",
  "x-forwarded-host": "evil.example",
  "x-forwarded-port": "1",
  "x-forwarded-prefix": "/evil",
  forwarded: "for=6.6.6.6;host=evil.example",
};

function openScreen({ origin, client }: ProxyRig, headers: Record<string, string> = {}) {
  const url = `${origin.replace("https", "wss")}/vnc/ws/vnc/fake`;
  return openWebStream(url, { client, headers: { origin, ...headers }, protocols: ["binary"] });
}

/** Every address of a page: links, styles, scripts and forms. */
function listAddresses(page: string, url: string): string[] {
  return [...page.matchAll(/ (?:href|src|action|data-base-path)="([^"#]*)"/g)].map(([, to]) => new URL(to!, url).href);
}

/** Opens every address below /vnc/ that pages link to; an address elsewhere fails. */
async function crawl({ origin, client }: ProxyRig): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  const waiting = [`${origin}/vnc/`, `${origin}/vnc/sign-in`, `${origin}/vnc/no/such/page`, `${origin}/vnc/share`];
  for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
    assert(url.startsWith(`${origin}/vnc/`), `${url} is outside of /vnc/`);
    if (found.has(url)) continue;
    const answer = await fetch(url, { client, redirect: "manual", headers: { accept: "text/html" } });
    const text = await answer.text();
    found.set(url, answer.status);
    const location = answer.headers.get("location");
    if (location !== null) waiting.push(new URL(location, url).href);
    if (/html/.test(answer.headers.get("content-type") ?? "")) waiting.push(...listAddresses(text, url));
  }
  return found;
}

for (const kind of PROXIES) {
  testWith([kind.program], `${kind.file}: pages, API and a session work below the path`, async () => {
    await using rig = await startBehind(kind);
    const { fake, origin, client } = rig;
    const found = await crawl(rig);
    const odd = [...found].filter(([, status]) => status !== 200 && status !== 303).map(([url]) => url);
    // The form of /sign-out takes POST only.
    assertEquals(odd.filter((url) => !url.endsWith("/sign-out")), [`${origin}/vnc/no/such/page`]);
    assert(found.has(`${origin}/vnc/site/vnc/fake`) && found.has(`${origin}/vnc/static/viewer.js`));

    const stream = await openScreen(rig, FORGED);
    const viewer = await RfbViewer.open(stream);
    const sessions = await (await fetch(`${origin}/vnc/api/sessions`, { client, headers: FORGED })).json();
    assertEquals(sessions.map(({ address }: { address: string }) => address), ["127.0.0.1"]);
    // One small message after another: a proxy that gathers them would let each of these wait.
    for (let count = 1; count <= 20; count++) {
      await viewer.key(0x41);
      await fake.waitFor(() => fake.seen("KeyEvent").length === count);
      await viewer.update(true);
    }
    stream.close();
    await stream.closed;
    await fake.waitFor(() => fake.live === 0);
  });

  testWith(
    [kind.program],
    `${kind.file}: a foreign origin is refused, and the addresses without TLS or slash redirect`,
    async () => {
      await using rig = await startBehind(kind);
      const { origin, client, httpPort, fake } = rig;
      // The gateway probes each source once when it starts.
      await waitUntil(() => fake.accepted > 0, "the first probe");
      const before = fake.accepted;
      await assertRejects(() => openScreen(rig, { origin: "https://evil.example" }));
      assertEquals(fake.accepted, before);
      const slash = await fetch(`${origin}/vnc`, { client });
      await slash.body?.cancel();
      assertEquals([slash.status, slash.url], [200, `${origin}/vnc/`]);
      const plain = await fetch(`http://localhost:${httpPort}/vnc/?a`, { redirect: "manual" });
      await plain.body?.cancel();
      assertMatch(
        `${plain.status} ${plain.headers.get("location")}`,
        /^308 https:\/\/(example\.net|localhost(:\d+)?)\/vnc\/\?a$/,
      );
    },
  );

  testWith(
    [kind.program],
    `${kind.program} may remove the path and tell nothing: every address stays below it`,
    async () => {
      await using rig = await startBehind(kind, { strip: true });
      const { origin, client, fake } = rig;
      const found = await crawl(rig);
      assert(found.has(`${origin}/vnc/site/vnc/fake`) && found.has(`${origin}/vnc/static/porthole.css`));
      assertEquals(found.get(`${origin}/vnc/static/porthole.css`), 200);
      const stream = await openScreen(rig);
      const viewer = await RfbViewer.open(stream);
      await viewer.key(0x41);
      await fake.waitFor(() => fake.seen("KeyEvent").length > 0);
      stream.close();
      await stream.closed;
      const { url } = await (await fetch(`${origin}/vnc/api/sources/fake/links`, { client, method: "POST" })).json();
      assertMatch(url, new RegExp(`^${origin}/vnc/share#`));
    },
  );
}

/** Beginnings after which nothing comes: none, and one of a TLS ClientHello (RFC 8446 section 4). */
const BEGINNINGS = [[], [0x16, 3, 1, 2, 0, 1]];

for (const kind of PROXIES.filter(({ program }) => program === "nginx" || program === "caddy")) {
  testWith([kind.program], `${kind.file}: a connection that does not go on is closed`, async () => {
    await using rig = await startBehind(kind, { edit: (text) => text.replaceAll(/(header(_timeout)?) 10s/g, "$1 1s") });
    const port = Number(new URL(rig.origin).port);
    await Promise.all(BEGINNINGS.map(async (beginning) => {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port });
      await writeAll(conn, Uint8Array.from(beginning));
      await readToEnd(conn);
    }));
  });
}
