/** Sessions that outlive their WebSockets, from the page's side. */
import { assert, assertEquals } from "@std/assert";
import { type Ending, explainAnswer } from "../../../src/viewer/ending.ts";
import { createConnectionRig } from "../../fakes/connection_rig.ts";
import { ResumingGateway } from "../../fakes/resuming_gateway.ts";

type Rig = ReturnType<typeof createResumableRig>;

/** A page with an open session that can be resumed. */
function createResumableRig(
  { holdMs = 30_000, diagnose }: { holdMs?: number; diagnose?: () => Promise<Ending | "admitted"> } = {},
) {
  const rig = createConnectionRig(diagnose === undefined ? {} : { diagnose });
  const gateway = new ResumingGateway(holdMs);
  rig.connection.connect();
  const got: number[] = [];
  rig.channels[0]!.onmessage = ({ data }) => got.push(...new Uint8Array(data));
  gateway.accept(rig.socket());
  gateway.settle();
  rig.connection.confirmOpen();
  return { ...rig, gateway, got };
}

/** The text frames that the page has sent over the newest WebSocket. */
const said = ({ socket }: Rig) => socket().sent.filter((frame) => typeof frame === "string").map((text) => text);

const kind = ({ phases }: Rig) => phases.at(-1)?.kind;

Deno.test("a session speaks first, and says at once that it has the token", () => {
  const rig = createResumableRig();
  assertEquals(said(rig), ['{"type":"begin"}', '{"type":"ack","received":0}']);
  assertEquals(rig.resumes, ["new"]);
});

Deno.test("a session whose link is lost comes back at once, with every byte once", () => {
  const rig = createResumableRig();
  const { gateway, channels, sockets, resumes, got, away, connection } = rig;
  gateway.send(new Uint8Array([1, 2]));
  gateway.settle();
  gateway.send(new Uint8Array([3]));
  gateway.send('{"type":"state","state":"open"}');
  channels[0]!.send(new Uint8Array([7]));
  gateway.cut(); // With both on their way
  assertEquals([sockets.length, resumes.at(-1), kind(rig)], [2, "held", "open"]);
  channels[0]!.send(new Uint8Array([8])); // Typed meanwhile
  connection.send({ type: "credentials", password: "pw" });
  gateway.accept(rig.socket());
  assertEquals(said(rig), ['{"type":"resume","token":"token 1","received":2}']);
  gateway.settle();
  assertEquals(got, [1, 2, 3]);
  assertEquals(rig.messages, [{ type: "state", state: "open" }]);
  assertEquals(gateway.got, [new Uint8Array([7]), new Uint8Array([8]), '{"type":"credentials","password":"pw"}']);
  assertEquals([channels.length, away, kind(rig)], [1, [], "open"]);
});

Deno.test("a session tries with quick backoff, shows after a second that it is away, and then that it is back", async () => {
  const rig = createResumableRig();
  const { gateway, sockets, pass, settle, away } = rig;
  gateway.cut();
  const tries: number[] = [];
  for (let ms = 0; ms <= 3_000; ms += 50) {
    while (tries.length < sockets.length - 1) {
      tries.push(ms);
      rig.socket().end(1006);
      await settle();
    }
    if (ms === 950) assertEquals(away, []);
    pass(50);
  }
  assertEquals(tries, [0, 100, 350, 850, 1_850, 2_850]);
  assertEquals(away, [true]);
  assertEquals(kind(rig), "open");
  pass(1_000);
  gateway.accept(rig.socket());
  gateway.settle();
  assertEquals([away, gateway.resumes], [[true, false], 1]);
});

Deno.test("a session whose comebacks do not last waits longer each time", () => {
  const { gateway, sockets, socket, pass } = createResumableRig();
  const counts: number[] = [];
  for (let cut = 0; cut < 4; cut++) {
    gateway.cut();
    const before = sockets.length;
    let waitedMs = 0;
    while (socket().readyState !== WebSocket.CONNECTING) pass((waitedMs += 10, 10));
    counts.push(waitedMs);
    assert(sockets.length >= before);
    gateway.accept(socket());
    gateway.settle();
  }
  assertEquals(counts, [0, 100, 250, 500]);
  pass(2_000);
  gateway.cut();
  assertEquals(socket().readyState, WebSocket.CONNECTING);
});

Deno.test("after the hold, the page opens another session at once", async () => {
  const rig = createResumableRig({ holdMs: 2_000 });
  const { gateway, phases, resumes, pass, settle } = rig;
  gateway.cut();
  while (resumes.at(-1) === "held") {
    assertEquals(kind(rig), "open");
    rig.socket().end(1006);
    await settle();
    pass(50);
  }
  assertEquals([resumes.at(-1), kind(rig)], ["new", "connecting"]);
  assertEquals(phases.map(({ kind }) => kind), ["connecting", "open", "waiting", "connecting"]);
});

Deno.test("a session that the gateway keeps no longer is replaced at once", () => {
  const rig = createResumableRig();
  const { gateway, sockets, resumes, channels, pass } = rig;
  gateway.isGone = true;
  gateway.cut();
  gateway.accept(rig.socket());
  gateway.settle();
  pass(0);
  assertEquals(resumes, ["new", "held", "new"]);
  assertEquals([sockets[1]!.closedWith, channels.length, kind(rig)], [1000, 2, "connecting"]);
});

Deno.test("a gateway that knows no resuming begins a session, which the page leaves for its own", () => {
  const rig = createResumableRig();
  const { sockets, resumes, pass, socket, got } = rig;
  rig.gateway.cut();
  socket().open();
  socket().receive(new Uint8Array([9]).buffer);
  pass(0);
  assertEquals([resumes, sockets[1]!.closedWith, got], [["new", "held", "new"], 1000, []]);
});

Deno.test("a session that ended meanwhile says its own reason", () => {
  const rig = createResumableRig();
  rig.gateway.send('{"type":"goodbye","code":"source_removed","close":4410,"message":"Pi was removed","retry":false}');
  rig.gateway.cut();
  rig.gateway.accept(rig.socket());
  rig.gateway.settle();
  const last = rig.phases.at(-1)!;
  assertEquals(last.kind === "ended" && last.ending.sentence, "Pi was removed.");
  assertEquals(rig.socket().closedWith, 1000);
});

Deno.test("a page that the gateway will not let in again says why", async () => {
  const refusal = explainAnswer({ status: 401, redirects: false, problem: {}, retryAfter: null });
  const rig = createResumableRig({ diagnose: () => Promise.resolve(refusal) });
  rig.gateway.cut();
  rig.socket().end(1006);
  await rig.settle();
  assertEquals(rig.phases.at(-1), { kind: "ended", ending: refusal });
  assertEquals(rig.timers.waiting, 0);
});

Deno.test("a session goes on trying while the gateway only says that it is full or away", async () => {
  const full = explainAnswer({ status: 429, redirects: false, problem: {}, retryAfter: "30" });
  const rig = createResumableRig({ diagnose: () => Promise.resolve(full) });
  rig.gateway.cut();
  for (let tries = 0; tries < 5; tries++) {
    rig.socket().end(1006);
    await rig.settle();
    rig.pass(1_000);
  }
  assertEquals([kind(rig), rig.resumes.length], ["open", 7]);
});

Deno.test("a try that hangs is given up, and a late answer to it changes nothing", () => {
  const rig = createResumableRig();
  rig.gateway.cut();
  const hanging = rig.socket();
  rig.pass(4_999);
  assertEquals(rig.sockets.length, 2);
  rig.pass(101);
  assertEquals([rig.sockets.length, hanging.closedWith], [3, undefined]);
  hanging.open();
  hanging.receive({ type: "goodbye", code: "resume_refused", close: 4410, message: "", retry: true });
  hanging.end(1006);
  assertEquals([rig.sockets.length, hanging.sent, kind(rig)], [3, [], "open"]);
});

Deno.test("when the network changes, the page opens another WebSocket beside the one that may be dead", () => {
  const rig = createResumableRig();
  const { gateway, sockets, got, connection } = rig;
  connection.wake();
  assertEquals(sockets.length, 1);
  connection.wake(true);
  assertEquals([sockets.length, sockets[0]!.closedWith], [2, undefined]);
  gateway.send(new Uint8Array([1]));
  gateway.settle(); // The old one still carries
  assertEquals(got, [1]);
  gateway.cut({ isNoticed: false });
  gateway.accept(rig.socket());
  gateway.settle();
  sockets[0]!.receive(new Uint8Array([99]).buffer); // Late, and lost
  gateway.send(new Uint8Array([2]));
  gateway.settle();
  assertEquals([got, gateway.resumes, sockets[0]!.readyState], [[1, 2], 1, WebSocket.CLOSING]);
  assertEquals(sockets[0]!.closedWith, undefined); // Without a code, the gateway goes on keeping the session
});

Deno.test("an old WebSocket that turns out to be alive stays if there is no other", async () => {
  const refusal = explainAnswer({
    status: 404,
    redirects: false,
    problem: { code: "source_unknown" },
    retryAfter: null,
  });
  const rig = createResumableRig({ diagnose: () => Promise.resolve(refusal) });
  rig.connection.wake(true);
  rig.gateway.send(new Uint8Array([1]));
  rig.gateway.settle();
  rig.socket().end(1006);
  await rig.settle();
  rig.pass(2_000);
  assertEquals([kind(rig), rig.sockets.length, rig.away], ["open", 2, []]);
  rig.channels[0]!.send(new Uint8Array([5]));
  rig.sockets[0]!.receive(new Uint8Array([2]).buffer);
  assertEquals(rig.got, [1, 2]);
});

Deno.test("a page that comes back after a long silence tries at once", () => {
  const rig = createResumableRig();
  rig.pass(25_001);
  rig.connection.wake();
  assertEquals(rig.sockets.length, 2);
});

Deno.test("being woken while it is away makes the page try at once", () => {
  const rig = createResumableRig();
  rig.gateway.cut();
  rig.socket().end(1006);
  assertEquals(rig.sockets.length, 2);
  rig.connection.wake();
  assertEquals(rig.sockets.length, 3);
  rig.connection.wake(true);
  assertEquals([rig.sockets.length, rig.sockets[2]!.readyState], [4, WebSocket.CLOSING]);
});

Deno.test("keys that nothing answers make the link doubtful within five seconds", () => {
  const rig = createResumableRig();
  rig.pass(600_000);
  assertEquals(rig.sockets.length, 1); // Nothing was sent, and the gateway never pinged
  rig.gateway.cut({ isNoticed: false });
  rig.channels[0]!.send(new Uint8Array([1]));
  rig.pass(4_000);
  rig.channels[0]!.send(new Uint8Array([2]));
  rig.pass(999);
  assertEquals(rig.sockets.length, 1);
  rig.pass(1);
  assertEquals(rig.sockets.length, 2);
  rig.gateway.accept(rig.socket());
  rig.gateway.settle();
  assertEquals([rig.gateway.got.length, kind(rig)], [2, "open"]);
});

Deno.test("a page that stood still finds its session, whether or not it was told of the loss", () => {
  for (const isNoticed of [true, false]) {
    const rig = createResumableRig();
    rig.sockets[0]!.receive({ type: "ping", id: 1 });
    rig.gateway.settle();
    rig.gateway.cut({ isNoticed: false });
    rig.standStill(65_000);
    if (isNoticed) rig.socket().end(1006);
    rig.pass(1_000);
    assertEquals([rig.sockets.length, rig.resumes.at(-1)], [2, "held"], String(isNoticed));
    rig.gateway.accept(rig.socket());
    rig.gateway.settle();
    assertEquals([rig.gateway.resumes, kind(rig)], [1, "open"]);
  }
});

Deno.test("standing still does not use up the time for coming back", async () => {
  const rig = createResumableRig();
  rig.gateway.cut();
  rig.socket().end(1006);
  await rig.settle();
  rig.standStill(120_000);
  for (let tries = 0; tries < 5; tries++) {
    rig.socket().end(1006);
    await rig.settle();
    rig.pass(1_000);
  }
  assertEquals([kind(rig), rig.resumes.at(-1)], ["open", "held"]);
});

Deno.test("leaving ends a session for good, wherever it is", () => {
  for (const moment of ["open", "away", "opening"]) {
    const rig = createResumableRig();
    if (moment !== "open") rig.gateway.cut();
    if (moment === "opening") rig.socket().open();
    rig.connection.leave();
    rig.socket().end(1006);
    rig.pass(60_000);
    rig.connection.wake(true);
    assertEquals([rig.socket().closedWith, rig.timers.waiting, kind(rig)], [1000, 0, "ended"], moment);
  }
});

Deno.test("a session that has too much to keep is not resumed", () => {
  const rig = createResumableRig();
  rig.gateway.cut();
  for (let mebibytes = 0; mebibytes <= 16; mebibytes++) rig.channels[0]!.send(new Uint8Array(1024 * 1024));
  rig.gateway.accept(rig.socket());
  rig.gateway.settle();
  rig.pass(0);
  assertEquals(rig.resumes, ["new", "held", "new"]);
});

Deno.test("a gateway that keeps no sessions gets no acknowledgement, and a loss ends the session", () => {
  const rig = createConnectionRig();
  rig.connection.connect();
  rig.socket().open();
  rig.connection.confirmOpen();
  rig.socket().receive({ type: "state", state: "dialing" });
  rig.socket().receive(new ArrayBuffer(100_000));
  rig.runDeferred();
  rig.pass(1_000);
  assertEquals(rig.socket().sent, ['{"type":"begin"}']);
  assert(!rig.channels[0]!.isKept);
  rig.connection.wake(true);
  assertEquals(rig.sockets.length, 1);
  rig.socket().end(1006);
  assertEquals(rig.phases.at(-1)?.kind, "waiting");
});

Deno.test("where sessions are not held, the page acknowledges, but does not come back", () => {
  const rig = createResumableRig({ holdMs: 0 });
  rig.gateway.send(new Uint8Array(100_000));
  rig.gateway.settle();
  assertEquals(rig.gateway.pending, 0);
  rig.gateway.cut();
  assertEquals([kind(rig), rig.resumes], ["waiting", ["new"]]);
});
