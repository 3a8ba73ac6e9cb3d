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

/** The first answer that is a refusal. One before may have had a share, which is free again then: another stream takes it. */
function findRefusal(ask: () => Promise<Response>, starveOne: () => Promise<void>): Promise<Response> {
  return waitUntil(async () => {
    const answer = await ask();
    if (answer.status === 503) return answer;
    await answer.body?.cancel();
    await starveOne();
  });
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
        console.error(answer.status, gateway.said("stderr").match(/SENT.*/g));
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

Deno.test("400 streams of a long list that nobody reads take less than 64 MiB, and no list from others", async () => {
  const sources = Array.from({ length: 2_000 }, (_, at) => `  screen-number-${at}: 127.0.0.1\n`).join("");
  const yaml = YAML.replace(/^sources.*$/m, `defaults: { look: "off" }\nsources:\n${sources}`);
  await using place = await Place.make(yaml);
  const gateway = await place.serve();
  const list = (address: string) => fetch(new URL("api/sources", gateway.url), { headers: from(address) });
  await (await list("10.0.0.2")).body?.cancel();
  const before = await readResidentBytes(gateway);
  using readers = new DisposableStack();
  const request = { port: Number(gateway.url.port), path: "/api/sources", headers: from("10.0.0.1") };
  const starve = async (streams: number) => void readers.use(await starveStreams({ ...request, streams }));
  for (let at = 0; at < 2; at++) await starve(STREAMS);
  const refused = await findRefusal(() => list("10.0.0.1"), () => starve(1));
  assertEquals((await refused.json()).code, "busy");
  const others = await list("10.0.0.2");
  assertEquals([others.status, (await others.json()).length], [200, 2_000]);
  const page = await fetch(gateway.url, { headers: from("10.0.0.1") });
  assertEquals([page.status, (await page.text()).length > 0], [200, true]);
  const grown = await readResidentBytes(gateway) - before;
  assert(grown < MEMORY_BYTES, `${grown} bytes more`);
});

Deno.test("a page with 150 pictures gets them all at once", async () => {
  await using place = await Place.make(YAML);
  const gateway = await place.serve();
  const answers = await Promise.all(
    Array.from({ length: 150 }, () => fetch(new URL("static/favicon.svg", gateway.url), { headers: from("10.0.0.1") })),
  );
  for (const answer of answers) await answer.body?.cancel();
  assertEquals(answers.filter(({ status }) => status !== 200).length, 0);
});
