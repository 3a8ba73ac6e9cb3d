import { assert, assertEquals, assertThrows } from "@std/assert";
import type { ViewerSocket } from "../../../src/bridge/viewer_socket.ts";
import type { Limits } from "../../../src/config/config.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { PortholeError } from "../../../src/errors.ts";
import { SessionRegistry } from "../../../src/session/registry.ts";
import type { SessionParties } from "../../../src/session/session.ts";
import type { SessionUser } from "../../../src/session/session_user.ts";
import { createLog } from "../../../src/telemetry/log.ts";
import { makeScriptedSource, type ScriptedSource } from "../../fakes/scripted_source.ts";
import { openViewerSocketPair, type ViewerSocketPair } from "../../fakes/viewer_socket_pair.ts";
import { waitUntil } from "../../fakes/wait_until.ts";
import { assertFast } from "../../fakes/assert_fast.ts";

const { config: { limits: DEFAULTS } } = await loadConfig({ text: "sources: {}", env: () => undefined });

/** A registry whose sessions stay in the test's hands. */
class Rig implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly registry = new SessionRegistry(createLog({ level: "error", write: (line) => this.lines.push(line) }));
  readonly #pairs: ViewerSocketPair[] = [];
  readonly #sources: ScriptedSource[] = [];

  async begin(name = "pi", user: SessionUser = { address: "10.0.0.1" }) {
    const pair = await openViewerSocketPair();
    const scripted = await makeScriptedSource(name);
    this.#pairs.push(pair);
    this.#sources.push(scripted);
    return { session: this.registry.begin({ source: scripted.source, viewer: pair.gateway, user }), ...pair, scripted };
  }

  refusal(limits: Partial<Limits>, admission = {}): string | undefined {
    try {
      this.registry.admit({ source: "pi", address: "10.0.0.1", ...admission }, { ...DEFAULTS, ...limits });
    } catch (thrown) {
      assert(thrown instanceof PortholeError);
      return thrown.code;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.registry.drain();
    for (const { far, fail } of this.#sources) {
      fail(new Error("The test is over"));
      far.close();
    }
    for (const pair of this.#pairs) await pair[Symbol.asyncDispose]();
  }
}

Deno.test("begin() lists a session at once and until it has ended", async () => {
  await using rig = new Rig();
  const { session } = await rig.begin();
  assertEquals([rig.registry.list(), rig.registry.get(session.id), rig.registry.size], [[session], session, 1]);
  session.end(new PortholeError("idle", "Idle"));
  await waitUntil(() => rig.registry.size === 0);
  assertEquals(rig.registry.get(session.id), undefined);
});

Deno.test("drain() waits for viewers that do not answer for as long as it is told", async () => {
  await using rig = new Rig();
  const { session } = await rig.begin();
  const read = Promise.withResolvers<void>();
  session.viewer.drain = () => read.promise;
  await rig.registry.drain(1);
  assertEquals([rig.registry.draining, rig.registry.list()], [true, [session]]);
  read.resolve();
});

Deno.test("onEnded is called when the registry no longer lists the session", async () => {
  await using rig = new Rig();
  const heard: unknown[] = [];
  rig.registry.events.subscribe({
    onEnded: ({ source }, { code }) => heard.push([source.name, code, rig.registry.countSource("pi")]),
  });
  const { session } = await rig.begin();
  session.end(new PortholeError("idle", "Idle"));
  await waitUntil(() => heard.length > 0);
  assertEquals(heard, [["pi", "idle", 0]]);
});

Deno.test("hasOpen() and countSource() distinguish sources and states", async () => {
  await using rig = new Rig();
  const { scripted } = await rig.begin("pi");
  await rig.begin("tv");
  assertEquals([rig.registry.countSource("pi"), rig.registry.countSource("no")], [1, 0]);
  assertEquals([rig.registry.hasOpen("pi"), rig.registry.hasOpen("tv")], [false, false]);
  scripted.open();
  await waitUntil(() => rig.registry.hasOpen("pi"));
  assertEquals(rig.registry.hasOpen("tv"), false);
});

Deno.test("admit() enforces each limit separately", async () => {
  await using rig = new Rig();
  await rig.begin("pi", { address: "10.0.0.1", name: "ada" });
  assertEquals(rig.refusal({}), undefined);
  assertEquals(rig.refusal({ sessions: 1 }), "limit_reached");
  assertEquals(rig.refusal({ perSource: 1 }), "limit_reached");
  assertEquals(rig.refusal({ perSource: 1 }, { source: "tv" }), undefined);
  assertEquals(rig.refusal({ perAddress: 1 }), "limit_reached");
  assertEquals(rig.refusal({ perAddress: 1 }, { address: "10.0.0.2" }), undefined);
  assertEquals(rig.refusal({ perUser: 1 }, { user: "ada", address: "10.0.0.2" }), "limit_reached");
  assertEquals(rig.refusal({ perUser: 1 }, { user: "bob" }), undefined);
  assertEquals(rig.refusal({ perUser: 1 }), undefined);
  assertEquals(rig.refusal({ handshakes: 1 }), "limit_reached");
});

Deno.test("limits count an ended session while its viewer is still connected", async () => {
  await using rig = new Rig();
  const left = Promise.withResolvers<{ code: number; reason: string }>();
  // What is unsent will never leave, which must not hold up the end.
  const never = new Promise<void>(() => {});
  const parties = makeWaitingParties(() => Promise.resolve(undefined));
  const session = rig.registry.begin({
    ...parties,
    viewer: {
      ...parties.viewer,
      isGone: false,
      closed: left.promise,
      drain: () => never,
      drop: () => {},
    } as unknown as ViewerSocket,
  });
  session.end(new PortholeError("viewer_stalled", "The viewer read nothing"));
  await waitUntil(() => rig.registry.size === 0);
  assertEquals([rig.refusal({ sessions: 1 }), rig.refusal({ perAddress: 1 })], ["limit_reached", "limit_reached"]);
  left.resolve({ code: 1006, reason: "" });
  await waitUntil(() => rig.refusal({ sessions: 1 }) === undefined);
  assertEquals(rig.refusal({ perAddress: 1 }), undefined);
});

Deno.test("limits.handshakes counts only sessions that are not open yet", async () => {
  await using rig = new Rig();
  const { scripted } = await rig.begin();
  scripted.open();
  await waitUntil(() => rig.registry.hasOpen("pi"));
  assertEquals(rig.refusal({ handshakes: 1 }), undefined);
});

Deno.test("a refusal says when to retry", async () => {
  await using rig = new Rig();
  await rig.begin();
  const limits = { ...DEFAULTS, sessions: 1 };
  const refusal = assertThrows(
    () => rig.registry.admit({ source: "pi", address: "10.0.0.9" }, limits),
    PortholeError,
  );
  assertEquals(refusal.retryAfterMs, 5_000);
});

Deno.test("endWhere() ends only the sessions that it picks", async () => {
  await using rig = new Rig();
  await rig.begin("pi");
  const { session: kept } = await rig.begin("tv");
  rig.registry.endWhere(({ source }) => source.name === "pi", new PortholeError("source_removed", "Gone"));
  await waitUntil(() => rig.registry.size === 1);
  assertEquals(rig.registry.list(), [kept]);
});

Deno.test("endUnpermitted() ends each session with the reason of its own user", async () => {
  await using rig = new Rig();
  const reason = new PortholeError("sign_in_required", "Your sign-in has ended: sign in again");
  const why: { reason?: PortholeError } = {};
  const { session } = await rig.begin("pi", { address: "10.0.0.1", whyEnd: () => Promise.resolve(why.reason) });
  await rig.begin("tv", { address: "10.0.0.1", whyEnd: () => Promise.resolve(undefined) });
  await rig.registry.endUnpermitted();
  assertEquals(rig.registry.size, 2);
  why.reason = reason;
  await rig.registry.endUnpermitted();
  await waitUntil(() => rig.registry.size === 1);
  assertEquals(session.endedBy, reason);
});

Deno.test("endUnpermitted() skips a session whose permission cannot be checked, and checks the others", async () => {
  await using rig = new Rig();
  const reason = new PortholeError("sign_in_required", "Your sign-in has ended: sign in again");
  await rig.begin("pi", { address: "10.0.0.1", whyEnd: () => Promise.reject(new Error("The store does not answer")) });
  const { session } = await rig.begin("tv", { address: "10.0.0.1", whyEnd: () => Promise.resolve(reason) });
  await rig.registry.endUnpermitted();
  await waitUntil(() => rig.registry.size === 1);
  assertEquals(session.endedBy, reason);
  assertEquals(rig.lines.filter((line) => line.includes("Cannot check permissions")).length, 1);
});

Deno.test("checks do not overlap, and a call during one waits for a check that begins after it", async () => {
  await using rig = new Rig();
  const answers: PromiseWithResolvers<undefined>[] = [];
  const whyEnd = () => {
    answers.push(Promise.withResolvers());
    return answers.at(-1)!.promise;
  };
  await rig.begin("pi", { address: "10.0.0.1", whyEnd });
  const first = rig.registry.endUnpermitted();
  await waitUntil(() => answers.length === 1);
  let over = false;
  const later = Promise.all([rig.registry.endUnpermitted(), rig.registry.endUnpermitted()]).then(() => over = true);
  answers[0]!.resolve(undefined);
  await first;
  await waitUntil(() => answers.length === 2);
  assert(!over);
  answers[1]!.resolve(undefined);
  await later;
  assertEquals(answers.length, 2);
});

Deno.test("checking 10,000 sessions ends long before the next check, and does not block the event loop", async () => {
  const registry = new SessionRegistry(createLog({ level: "error", write: () => {} }));
  let asked = 0;
  for (let at = 0; at < 10_000; at++) registry.begin(makeWaitingParties(() => Promise.resolve(void asked++)));
  await assertFast(1_500, async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await registry.endUnpermitted();
    clearInterval(timer);
    assert(asked >= 10_000 && turns > 9, `${asked} asked, ${turns} turns`);
  });
  await registry.drain();
});

/** Fake parties of a session that waits for its viewer until it ends, because 10,000 sockets would be too many. */
function makeWaitingParties(whyEnd: () => Promise<PortholeError | undefined>): SessionParties {
  const never = new Promise<never>(() => {});
  const gone = {
    isGone: true,
    isOpen: false,
    up: { clear: () => {} },
    drain: () => Promise.resolve(),
    close: () => {},
    explainStall: () => undefined,
  };
  const viewer = { opened: never, failed: never, closed: never, sendSide: () => {}, ...gone };
  const source = { name: "pi", config: { viewOnly: false, target: { kind: "demo" } }, open: () => never };
  return { source, viewer, user: { address: "10.0.0.1", whyEnd } } as unknown as SessionParties;
}

Deno.test("the sweep checks sessions as long as there are any", async () => {
  await using rig = new Rig();
  let asked = 0;
  await rig.begin("pi", { address: "10.0.0.1", whyEnd: () => Promise.resolve(void asked++) });
  await waitUntil(() => asked > 0);
});

Deno.test("drain() refuses new sessions, tells viewers to reconnect, and resolves when all have ended", async () => {
  await using rig = new Rig();
  const { viewer } = await rig.begin();
  const drained = rig.registry.drain();
  assertEquals(rig.refusal({}), "draining");
  await drained;
  assertEquals([rig.registry.size, (await viewer.closed).code], [0, 1012]);
});
