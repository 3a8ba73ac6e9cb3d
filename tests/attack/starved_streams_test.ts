/** Readers who ask for much over HTTP/2 and take nothing. */
import { assert, assertEquals } from "@std/assert";
import { starveStreams } from "../fakes/starved_streams.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { Place } from "../process/porthole.ts";

const YAML = `gateway: { listen: 127.0.0.1:0, tls: none, trusted_proxies: [127.0.0.1] }
auth: none
sources: { demo: { demo: true } }
`;
const STREAMS = 200;
const CONNECTIONS = 10;
const MEMORY_BYTES = 64 * 1024 * 1024;
const from = (address: string) => ({ "x-forwarded-for": address });

async function readResidentBytes(gateway: { url: URL }): Promise<number> {
  const text = await (await fetch(new URL("metrics", gateway.url), { headers: from("10.0.0.2") })).text();
  return Number(text.match(/^porthole_memory_bytes\{kind="resident"\} (\d+)$/m)?.[1]);
}

for (const path of ["/static/viewer.js", "/", "/nothing/here"]) {
  Deno.test(`2,000 streams of ${path} that nobody reads take less than 64 MiB, and no response from others`, async () => {
    await using place = await Place.make(YAML);
    const gateway = await place.serve();
    const port = Number(gateway.url.port);
    const ask = (address: string) => fetch(new URL("static/viewer.js", gateway.url), { headers: from(address) });
    const size = (await (await ask("10.0.0.2")).bytes()).length;
    const before = await readResidentBytes(gateway);
    {
      using readers = new DisposableStack();
      const headers = { ...from("10.0.0.1"), accept: "text/html" };
      for (let at = 0; at < CONNECTIONS; at++) {
        readers.use(await starveStreams({ port, path, streams: STREAMS, headers }));
      }
      const refused = await waitUntil(async () => {
        const answer = await ask("10.0.0.1");
        if (answer.status === 503) return answer;
        await answer.body?.cancel();
      });
      assert(Number(refused.headers.get("retry-after")) > 0);
      assertEquals((await refused.json()).code, "busy");
      const health = await fetch(new URL("healthz", gateway.url), { headers: from("10.0.0.1") });
      assertEquals([health.status, await health.text()], [200, "ok\n"]);
      const whole = await ask("10.0.0.2");
      assertEquals([whole.status, (await whole.bytes()).length], [200, size]);
      const grown = await readResidentBytes(gateway) - before;
      assert(grown < MEMORY_BYTES, `${grown} bytes more`);
    }
    await waitUntil(async () => {
      const answer = await ask("10.0.0.1");
      await answer.body?.cancel();
      return answer.status === 200;
    });
  });
}

Deno.test("a page with 150 pictures gets them all at once", async () => {
  await using place = await Place.make(YAML);
  const gateway = await place.serve();
  const answers = await Promise.all(
    Array.from({ length: 150 }, () => fetch(new URL("static/favicon.svg", gateway.url), { headers: from("10.0.0.1") })),
  );
  for (const answer of answers) await answer.body?.cancel();
  assertEquals(answers.filter(({ status }) => status !== 200).length, 0);
});
