import { assert, assertEquals, assertLess } from "@std/assert";
import { PortholeError } from "../../../src/errors.ts";
import { SessionRegistry } from "../../../src/session/registry.ts";
import type { SessionParties } from "../../../src/session/session.ts";
import { createLog } from "../../../src/telemetry/log.ts";
import { waitUntil } from "../../fakes/wait_until.ts";

const ENDED = new PortholeError("sign_in_required", "Your sign-in has ended: sign in again");

/** Sessions that wait for their viewer, and say whether they may go on; disposing of the rig ends them. */
function makeRig(whyEnd: (name: string) => Promise<PortholeError | undefined>, count = 1) {
  const [ended, lines]: [string[], string[]] = [[], []];
  const registry = new SessionRegistry(createLog({ level: "error", write: (line) => lines.push(line) }));
  registry.events.subscribe({
    onEnded: ({ user }, reason) => {
      if (reason === ENDED) ended.push(user.name!);
    },
  });
  for (let at = 0; at < count; at++) registry.begin(makeParties(`s${at}`, whyEnd));
  return { registry, ended, lines, [Symbol.asyncDispose]: () => registry.drain() };
}

function makeParties(name: string, whyEnd: (name: string) => Promise<PortholeError | undefined>): SessionParties {
  const never = new Promise<never>(() => {});
  const gone = { isGone: true, isOpen: false, up: { clear: () => {} }, drain: () => Promise.resolve() };
  const viewer = { opened: never, failed: never, closed: never, sendSide: () => {}, ...gone };
  const source = { name: "pi", config: { viewOnly: false }, open: () => never };
  return { source, viewer, user: { address: "", name, whyEnd: () => whyEnd(name) } } as unknown as SessionParties;
}

Deno.test("endUnpermitted() ends whom the answer concerns, and a question that fails ends nobody", async () => {
  await using rig = makeRig((id) => {
    if (id === "s0") return Promise.resolve(ENDED);
    return id === "s1" ? Promise.reject(new Error("the store does not answer")) : Promise.resolve(undefined);
  }, 3);
  await rig.registry.endUnpermitted();
  await waitUntil(() => rig.ended.length > 0);
  assertEquals([rig.ended, rig.registry.size, rig.lines.length], [["s0"], 2, 1]);
});

Deno.test("checks do not overlap, and a call during one waits for a check that begins after it", async () => {
  const answers: PromiseWithResolvers<PortholeError | undefined>[] = [];
  await using rig = makeRig(() => {
    answers.push(Promise.withResolvers());
    return answers.at(-1)!.promise;
  });
  const first = rig.registry.endUnpermitted();
  await Promise.resolve();
  assertEquals(answers.length, 1);
  const later = [rig.registry.endUnpermitted(), rig.registry.endUnpermitted()];
  await Promise.resolve();
  assertEquals(answers.length, 1);
  answers[0]!.resolve(undefined);
  await first;
  await Promise.resolve();
  assertEquals(answers.length, 2);
  answers[1]!.resolve(ENDED);
  await Promise.all(later);
  await waitUntil(() => rig.ended.length > 0);
  assertEquals(answers.length, 2);
});

Deno.test("asking 10,000 sessions takes a small part of the two seconds between checks", async () => {
  await using rig = makeRig(async () => await Promise.resolve(undefined), 10_000);
  await rig.registry.endUnpermitted();
  const startedAt = performance.now();
  await rig.registry.endUnpermitted();
  assertLess(performance.now() - startedAt, 500);
  assert(rig.ended.length === 0);
});
