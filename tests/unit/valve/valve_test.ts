import { assert, assertEquals } from "@std/assert";
import type { PortholeError } from "../../../src/errors.ts";
import { createLog } from "../../../src/telemetry/log.ts";
import type { Leaving } from "../../../src/valve/farewell.ts";
import { Valve, type ValveCause } from "../../../src/valve/valve.ts";

const MIB = 1024 ** 2;

/** A session; a silent viewer does not answer the goodbye, and a lasting one has only lost its connection. */
function makeSession(address: string, isSilent = false, canReturn = false) {
  const viewer = { isGone: false, canReturn, isHeld: canReturn };
  const told: PortholeError[] = [];
  const end = (reason: PortholeError) => {
    told.push(reason);
    viewer.isGone = !isSilent;
  };
  return { user: { address }, viewer, told, end };
}

/** A valve whose opening frees some memory, and after which some sessions are back. */
function makeValve({ sessions, back = [], freed = 0, isUrgent = false }: {
  sessions: Leaving[];
  back?: Leaving[];
  freed?: number;
  isUrgent?: boolean;
}) {
  const clock = { ms: 0 };
  const seen = { replaced: 0, refused: [] as string[], causes: [] as ValveCause[] };
  const valve = new Valve({
    log: createLog({ write: () => {} }),
    sessions: () => seen.replaced === 0 ? sessions : back,
    replace: () => Promise.resolve(void seen.replaced++),
    refuse: (addresses) => void seen.refused.push(...addresses),
    note: (cause) => void seen.causes.push(cause),
    residentBytes: () => 500 * MIB - (seen.replaced > 0 ? freed : 0),
    isUrgent: () => isUrgent,
    now: () => clock.ms,
    returnMs: 1,
  });
  return { valve, seen, clock };
}

Deno.test("Valve says goodbye, and replaces the listeners as soon as all viewers have gone", async () => {
  const session = makeSession("192.0.2.1");
  const { valve, seen } = makeValve({ sessions: [session] });
  await valve.open("signal");
  assertEquals(session.told.map(({ code, retry }) => [code, retry]), [["overloaded", true]]);
  assert((session.told[0]?.retryAfterMs ?? 0) > 700);
  assertEquals([seen.replaced, seen.causes], [1, ["signal"]]);
});

Deno.test("Valve says nothing to viewers that last, and counts those that resumed as present", async () => {
  const sessions = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.3"].map((one) => makeSession(one, true, true));
  const { valve, seen } = makeValve({ sessions, back: sessions, freed: 200 * MIB });
  sessions[0]!.viewer.isHeld = sessions[2]!.viewer.isHeld = false;
  await valve.open("memory");
  assertEquals([seen.replaced, sessions.flatMap(({ told }) => told)], [1, []]);
  assertEquals(seen.refused, ["192.0.2.2"]);
});

Deno.test("Valve does not wait for goodbyes when memory is short", async () => {
  const { valve, seen } = makeValve({ sessions: [makeSession("192.0.2.1", true)], isUrgent: true });
  await valve.open("memory");
  assertEquals(seen.replaced, 1);
});

Deno.test("Valve opens at most once a minute, whoever asks", async () => {
  const { valve, seen, clock } = makeValve({ sessions: [] });
  await valve.open("memory");
  clock.ms += 59_000;
  assertEquals(valve.isReady, false);
  await valve.open("signal");
  assertEquals(seen.replaced, 1);
  clock.ms += 1_000;
  await valve.open("signal");
  assertEquals(seen.replaced, 2);
});

Deno.test("Valve has addresses refused from which nobody answered or came back, if they had memory", async () => {
  const sessions = [
    makeSession("192.0.2.1"),
    makeSession("192.0.2.2", true),
    makeSession("192.0.2.3", true),
    makeSession("192.0.2.4"),
    makeSession("192.0.2.4", true),
  ];
  const back = [makeSession("192.0.2.3")];
  const attacked = makeValve({ sessions, back, freed: 200 * MIB });
  await attacked.valve.open("memory");
  assertEquals(attacked.seen.refused, ["192.0.2.2"]);
  const calm = makeValve({ sessions, back, freed: MIB });
  await calm.valve.open("signal");
  assertEquals(calm.seen.refused, []);
});
