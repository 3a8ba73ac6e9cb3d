import { assertEquals } from "@std/assert";
import { loadConfig } from "../../../src/config/load.ts";
import { PortholeError } from "../../../src/errors.ts";
import { type Look, Prober } from "../../../src/source/prober.ts";

const MINUTE_MS = 60_000;

async function makeRig() {
  const { config } = await loadConfig({ text: "sources: { pi: 127.0.0.1, tv: 127.0.0.2 }", env: () => undefined });
  const [pi, tv] = [config.sources.get("pi")!, config.sources.get("tv")!];
  const clock = { ms: 1_000_000 };
  const open = new Set<string>();
  const looks: { name: string; answer: PromiseWithResolvers<Look> }[] = [];
  const prober = new Prober({
    now: () => clock.ms,
    isOpen: (name) => open.has(name),
    look: ({ name }) => {
      const answer = Promise.withResolvers<Look>();
      looks.push({ name, answer });
      return answer.promise;
    },
  });
  /** Probes, answers the look if one is made, and gives the number of looks. */
  const probe = async (outcome: Look | Error, source = pi) => {
    const before = looks.length;
    const probing = prober.probe(source);
    await Promise.resolve();
    const answer = looks.length > before ? looks.at(-1)!.answer : undefined;
    if (outcome instanceof Error) answer?.reject(outcome);
    else answer?.resolve(outcome);
    await probing;
    return looks.length;
  };
  return { pi, tv, clock, open, looks, prober, probe };
}

const UP: Look = { detail: "RFB 3.8, None" };
const DOWN = new PortholeError("vnc_refused", "Cannot reach pi: connection refused");

Deno.test("a source is looked at once a minute at most", async () => {
  const { clock, probe, prober, pi } = await makeRig();
  assertEquals(prober.last(pi), { status: "unknown", detail: "not looked at yet" });
  assertEquals(await probe(UP), 1);
  clock.ms += MINUTE_MS - 1;
  assertEquals(await probe(UP), 1);
  clock.ms += 1;
  assertEquals(await probe(UP), 2);
  assertEquals(prober.last(pi), { status: "up", detail: UP.detail, checked: new Date(clock.ms).toISOString() });
});

Deno.test("all who ask at once share one look, and two sources are looked at one after the other", async () => {
  const { pi, tv, looks, prober } = await makeRig();
  const shared = Array.from({ length: 20 }, () => prober.probe(pi));
  const other = prober.probe(tv);
  await Promise.resolve();
  assertEquals(looks.map(({ name }) => name), ["pi"]);
  looks[0]!.answer.resolve(UP);
  assertEquals((await Promise.all(shared)).map(({ status }) => status), Array(20).fill("up"));
  assertEquals(looks.map(({ name }) => name), ["pi", "tv"]);
  looks[1]!.answer.reject(DOWN);
  assertEquals((await other).code, "vnc_refused");
});

Deno.test("a source with an open session is not looked at: the session tells", async () => {
  const { pi, open, clock, probe, prober } = await makeRig();
  open.add("pi");
  assertEquals(await probe(UP), 0);
  prober.learn(pi, UP);
  clock.ms += 10 * MINUTE_MS;
  assertEquals(await probe(DOWN), 0);
  assertEquals(prober.last(pi).status, "up");
  open.delete("pi");
  assertEquals(await probe(UP), 1);
});

Deno.test("a look that waits for its turn is not made when a session opened meanwhile", async () => {
  const { pi, tv, open, looks, prober } = await makeRig();
  const first = prober.probe(pi);
  const second = prober.probe(tv);
  await Promise.resolve();
  open.add("tv");
  looks[0]!.answer.resolve(UP);
  await Promise.all([first, second]);
  assertEquals(looks.length, 1);
});

Deno.test("after failures in a row the wait doubles up to a quarter of an hour, and one success ends that", async () => {
  const { clock, probe } = await makeRig();
  let looks = 0;
  for (const waitMinutes of [1, 2, 4, 8, 15, 15, 15]) {
    assertEquals(await probe(DOWN), ++looks, `${waitMinutes}`);
    clock.ms += waitMinutes * MINUTE_MS - 1;
    assertEquals(await probe(DOWN), looks);
    clock.ms += 1;
  }
  assertEquals(await probe(UP), ++looks);
  clock.ms += MINUTE_MS;
  assertEquals(await probe(UP), looks + 1);
});

Deno.test("a changed source is a new one, and one that is gone is forgotten", async () => {
  const { pi, tv, probe, prober } = await makeRig();
  await probe(UP);
  const changed = { ...pi, title: "Other" };
  assertEquals(prober.last(changed).status, "unknown");
  assertEquals(await probe(DOWN, changed), 2);
  prober.keepOnly(new Map([["tv", tv]]));
  assertEquals(prober.last(changed).status, "unknown");
});

Deno.test("forget() lets the next one who asks look afresh", async () => {
  const { probe, prober } = await makeRig();
  await probe(DOWN);
  prober.forget("pi");
  assertEquals(await probe(UP), 2);
});
