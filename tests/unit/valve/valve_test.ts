import { assert, assertEquals } from "@std/assert";
import type { PortholeError } from "../../../src/errors.ts";
import { createLog } from "../../../src/telemetry/log.ts";
import type { Leaving } from "../../../src/valve/farewell.ts";
import { Valve, type ValveCause } from "../../../src/valve/valve.ts";

const MIB = 1024 ** 2;

/** A session; a silent viewer does not answer the goodbye, and one that can return does not get it. */
function makeSession(address: string, isSilent = false, canReturn = false) {
  const viewer = { isGone: false, canReturn, isHeld: false };
  const told: PortholeError[] = [];
  const end = (reason: PortholeError) => {
    told.push(reason);
    viewer.isGone = !isSilent;
  };
  return { user: { address }, viewer, told, end };
}

/** A valve whose opening frees some memory, and after which some sessions are back. */
function makeValve({ sessions, back = [], freed = 0, isUrgent = false, onReplace = () => {} }: {
  sessions: Leaving[];
  back?: Leaving[];
  onReplace?: () => void;
  freed?: number;
  isUrgent?: boolean;
}) {
  const clock = { ms: 0 };
  const seen = { replaced: 0, refused: [] as string[], causes: [] as ValveCause[] };
  const valve = new Valve({
    log: createLog({ write: () => {} }),
    sessions: () => seen.replaced === 0 ? sessions : back,
    replace: () => {
      seen.replaced++;
      onReplace();
      return Promise.resolve();
    },
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
  const addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.3"];
  const sessions = addresses.map((address) => makeSession(address, true, true));
  const { valve, seen } = makeValve({
    sessions,
    back: sessions,
    freed: 200 * MIB,
    onReplace: () => sessions[1]!.viewer.isHeld = sessions[3]!.viewer.isHeld = true,
  });
  await valve.open("memory");
  assertEquals([seen.replaced, sessions.flatMap(({ told }) => told)], [1, []]);
  assertEquals(seen.refused, ["192.0.2.2"]);
});

Deno.test("Valve refuses no address of a viewer that had no connection when it opened", async () => {
  const sessions = [makeSession("192.0.2.1", true, true)];
  sessions[0]!.viewer.isHeld = true;
  const { valve, seen } = makeValve({ sessions, back: sessions, freed: 200 * MIB });
  await valve.open("memory");
  assertEquals([seen.replaced, seen.refused], [1, []]);
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
