import { assertEquals } from "@std/assert";
import { PortholeError } from "../../../src/errors.ts";
import { Prober, type ProbeResult } from "../../../src/source/prober.ts";
import { Turn } from "../../../src/source/turn.ts";

const MINUTE_MS = 60_000;

function makeRig() {
  const clock = { ms: 1_000_000 };
  const inUse = new Set<string>();
  const probes: { name: string; answer: PromiseWithResolvers<ProbeResult> }[] = [];
  const turn = new Turn();
  const make = (name: string) =>
    new Prober({
      now: () => clock.ms,
      isInUse: () => inUse.has(name),
      turn,
      probe: () => {
        const answer = Promise.withResolvers<ProbeResult>();
        probes.push({ name, answer });
        return answer.promise;
      },
    });
  const [pi, tv] = [make("pi"), make("tv")];
  /** Probes, answers where a probe is made, and gives the number of probes so far. */
  const probe = async (outcome: ProbeResult | Error, prober = pi) => {
    const before = probes.length;
    const probing = prober.probe();
    await settle();
    const answer = probes.length > before ? probes.at(-1)!.answer : undefined;
    if (outcome instanceof Error) answer?.reject(outcome);
    else answer?.resolve(outcome);
    await probing;
    return probes.length;
  };
  return { pi, tv, clock, inUse, probes, probe };
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

Deno.test("simultaneous calls share one probe, and two sources are probed one after the other", async () => {
  const { pi, tv, probes } = makeRig();
  const shared = Array.from({ length: 20 }, () => pi.probe());
  const other = tv.probe();
  await settle();
  assertEquals(probes.map(({ name }) => name), ["pi"]);
  probes[0]!.answer.resolve(UP);
  assertEquals((await Promise.all(shared)).map(({ status }) => status), Array(20).fill("up"));
  await settle();
  assertEquals(probes.map(({ name }) => name), ["pi", "tv"]);
  probes[1]!.answer.reject(DOWN);
  assertEquals((await other).code, "vnc_refused");
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
  const { pi, tv, inUse, probes } = makeRig();
  const first = pi.probe();
  const second = tv.probe();
  await settle();
  inUse.add("tv");
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
