/** Lists of thousands of sources: pages stay small, and nothing is dialed for sources that nobody looks at. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { measurePause } from "../fakes/measure_pause.ts";
import { waitUntil } from "../fakes/wait_until.ts";

function writeSources(count: number, keys: string): string {
  const lines = Array.from({ length: count }, (_, index) => `  s${index}: { host: 127.0.0.1, port: 1, ${keys} }\n`);
  return `auth: none\nsources:\n${lines.join("")}`;
}

async function getText({ origin }: TestGateway, path: string): Promise<string> {
  const response = await fetch(`${origin}${path}`, { headers: { Accept: "text/html, application/json" } });
  const text = await response.text();
  assertEquals(response.status, 200, text.slice(0, 200));
  return text;
}

const countCards = (page: string) => [...page.matchAll(/<li class="card"/g)].length;

Deno.test("the dashboard shows and probes 500 of 3,000 screens, and the gateway searches the others", async () => {
  await using gateway = await startGateway(writeSources(3_000, "look: off"));
  const page = await getText(gateway, "/");
  assertEquals(countCards(page), 500);
  assertMatch(page, /500 of 3,000 screens are shown/);
  assertMatch(page, /<form class="search"/);
  // A screen beyond the page is not probed.
  const [last] = JSON.parse(await getText(gateway, "/api/sources?search=s2999&limit=1"));
  assertEquals([last.name, last.detail], ["s2999", "not probed yet"]);
  const found = await getText(gateway, "/?search=S299");
  assertEquals(countCards(found), 11);
  assertMatch(found, /data-name="s2999"/);
  assertMatch(await getText(gateway, "/?search=nothing"), /id="no-match" ?>/);
});

Deno.test("/api/sources lists thousands of sources without keeping sessions waiting for all of it", async () => {
  await using gateway = await startGateway(writeSources(10_000, "look: off"));
  const { longestMs, totalMs } = await measurePause(async () => {
    assertEquals(JSON.parse(await getText(gateway, "/api/sources")).length, 10_000);
  });
  assert(longestMs < totalMs / 2, `it kept others waiting for ${longestMs} of ${totalMs} ms`);
  assertEquals(JSON.parse(await getText(gateway, "/api/sources?limit=3")).length, 3);
});

/** Accepts connections and says nothing. */
function listenSilently(hostname: string, onAccept: () => void) {
  const listener = Deno.listen({ hostname, port: 0 });
  const conns: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const conn of listener) {
      conns.push(conn);
      onAccept();
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  return {
    yaml: `{ host: ${hostname}, port: ${port}, prewarm: 1, password: secret12 }`,
    async close() {
      listener.close();
      for (const conn of conns) conn.close();
      await accepting;
    },
  };
}

Deno.test("sources that ask for prewarming are not dialed all at once", async () => {
  let accepted = 0;
  const silent = Array.from({ length: 60 }, (_, index) => listenSilently(`127.0.1.${index + 1}`, () => accepted++));
  const lines = silent.map(({ yaml }, index) => `  s${index}: ${yaml}\n`);
  await using gateway = await startGateway(`auth: none\nsources:\n${lines.join("")}`);
  await gateway.gateway.applyConfig();
  await waitUntil(() => accepted === 32, "as many as may be dialed at once");
  for (let round = 0; round < 20; round++) await getText(gateway, "/healthz");
  assertEquals(accepted, 32);
  await Promise.all(silent.map((one) => one.close()));
});
