import { assertEquals } from "@std/assert";
import { PortholeError } from "../../../src/errors.ts";
import { type NotProbed, Prober, type ProbeResult } from "../../../src/source/prober.ts";
import { Turn } from "../../../src/source/turn.ts";

const MINUTE_MS = 60_000;

function makeRig() {
  const clock = { ms: 1_000_000 };
  const inUse = new Set<string>();
  const probes: { name: string; answer: PromiseWithResolvers<ProbeResult | NotProbed> }[] = [];
  const asked: boolean[] = [];
  const news: string[] = [];
  const make = (name: string, turn = new Turn()) =>
    new Prober({
      onNews: ({ detail }) => news.push(detail),
      now: () => clock.ms,
      isInUse: () => inUse.has(name),
      takeTurn: (work) => turn.run(work, new AbortController().signal),
      probe: (isAsked) => {
        asked.push(isAsked);
        const answer = Promise.withResolvers<ProbeResult | NotProbed>();
        probes.push({ name, answer });
        return answer.promise;
      },
    });
  const turn = new Turn();
  const [pi, piToo, tv] = [make("pi", turn), make("piToo", turn), make("tv")];
  /** Probes, answers where a probe is made, and gives the number of probes so far. */
  const probe = async (outcome: ProbeResult | NotProbed | Error, prober = pi) => {
    const before = probes.length;
    const probing = prober.probe();
    await settle();
    const answer = probes.length > before ? probes.at(-1)!.answer : undefined;
    if (outcome instanceof Error) answer?.reject(outcome);
    else answer?.resolve(outcome);
    await probing;
    return probes.length;
  };
  return { pi, piToo, tv, clock, inUse, probes, probe, asked, news };
}

/** Lets everything run that waits for nothing but its turn. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

const UP: ProbeResult = { detail: "RFB 3.8, None" };
const DOWN = new PortholeError("vnc_refused", "Cannot reach pi: connection refused");

Deno.test("a source is probed at most once a minute", async () => {
  const { clock, probe, pi } = makeRig();
  assertEquals(pi.last, { status: "unknown", detail: "not probed yet" });
  assertEquals(await probe(UP), 1);
  clock.ms += MINUTE_MS - 1;
  assertEquals(await probe(UP), 1);
  clock.ms += 1;
  assertEquals(await probe(UP), 2);
  assertEquals(pi.last, { status: "up", detail: UP.detail, checked: new Date(clock.ms).toISOString() });
});

Deno.test("simultaneous calls share one probe; sources are probed side by side, but each address once at a time", async () => {
  const { pi, piToo, tv, probes } = makeRig();
  const shared = Array.from({ length: 20 }, () => pi.probe());
  const others = [piToo.probe(), tv.probe()] as const;
  await settle();
  assertEquals(probes.map(({ name }) => name), ["pi", "tv"]);
  probes[1]!.answer.reject(DOWN);
  assertEquals((await others[1]).code, "vnc_refused", "tv does not wait for pi");
  probes[0]!.answer.resolve(UP);
  assertEquals((await Promise.all(shared)).map(({ status }) => status), Array(20).fill("up"));
  await settle();
  assertEquals(probes.map(({ name }) => name), ["pi", "tv", "piToo"]);
  probes[2]!.answer.resolve(UP);
  await others[0];
});

Deno.test("a source with an open session is not probed", async () => {
  const { pi, inUse, clock, probe } = makeRig();
  inUse.add("pi");
  assertEquals(await probe(UP), 0);
  pi.learn(UP);
  clock.ms += 10 * MINUTE_MS;
  assertEquals(await probe(DOWN), 0);
  assertEquals(pi.last.status, "up");
  inUse.delete("pi");
  assertEquals(await probe(UP), 1);
});

Deno.test("a probe that waits for its turn is skipped if a session opens meanwhile", async () => {
  const { pi, piToo, inUse, probes } = makeRig();
  const first = pi.probe();
  const second = piToo.probe();
  await settle();
  inUse.add("piToo");
  probes[0]!.answer.resolve(UP);
  await Promise.all([first, second]);
  assertEquals(probes.length, 1);
});

Deno.test("after failures in a row the wait doubles up to 15 minutes, and one success resets it", async () => {
  const { clock, probe } = makeRig();
  let probes = 0;
  for (const waitMinutes of [1, 2, 4, 8, 15, 15, 15]) {
    assertEquals(await probe(DOWN), ++probes, `${waitMinutes}`);
    clock.ms += waitMinutes * MINUTE_MS - 1;
    assertEquals(await probe(DOWN), probes);
    clock.ms += 1;
  }
  assertEquals(await probe(UP), ++probes);
  clock.ms += MINUTE_MS;
  assertEquals(await probe(UP), probes + 1);
});

Deno.test("forget() makes the next call probe again", async () => {
  const { probe, pi } = makeRig();
  await probe(DOWN);
  pi.forget();
  assertEquals(pi.last.status, "unknown");
  assertEquals(await probe(UP), 2);
});

Deno.test("a user who asks gets a probe although the latest finding is fresh; the next one is again at most once a minute", async () => {
  const { pi, probe, probes, asked } = makeRig();
  await probe(UP);
  const probing = pi.probe(true);
  await settle();
  probes.at(-1)!.answer.resolve(UP);
  await probing;
  assertEquals(await probe(UP), 2);
  assertEquals(asked, [false, true]);
});

Deno.test("a source that was not probed says why, and keeps what is known of it", async () => {
  const { pi, clock, probe } = makeRig();
  await probe({ notProbed: "not probed (look: off)" });
  assertEquals(pi.last, { status: "unknown", detail: "not probed (look: off)" });
  pi.learn(UP);
  clock.ms += MINUTE_MS;
  await probe({ notProbed: "not probed (look: off)" });
  assertEquals([pi.last.status, pi.last.detail], ["up", UP.detail]);
});

Deno.test("a finding is news only if it says something else than the one before", async () => {
  const { pi, probe, clock, news } = makeRig();
  for (const outcome of [UP, UP, DOWN, DOWN, DOWN, UP]) {
    await probe(outcome);
    clock.ms += 60 * MINUTE_MS;
  }
  pi.learn(UP);
  assertEquals(news, [UP.detail, DOWN.message, UP.detail]);
});
