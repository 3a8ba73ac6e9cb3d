/** What a viewer page does about a WebSocket that did not open: it asks why. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Ending, explainSilence } from "../../../src/viewer/ending.ts";
import { createConnectionRig } from "../../fakes/connection_rig.ts";

const AWAY = explainSilence(true);
const REFUSED: Ending = { sentence: "Please sign in again.", retry: false, remedy: "sign_in" };

Deno.test("Connection asks over HTTP why a WebSocket never opened", async () => {
  const { connection, phases, settle, socket } = createConnectionRig({ diagnose: () => Promise.resolve(REFUSED) });
  connection.connect();
  socket().end(1006);
  await settle();
  assertEquals(phases.at(-1), { kind: "ended", ending: REFUSED });
});

Deno.test("Connection lets nobody guess the reason while it asks for it", async () => {
  const answer = Promise.withResolvers<Ending>();
  const { connection, channels, phases, settle, socket } = createConnectionRig({ diagnose: () => answer.promise });
  connection.connect();
  const told: unknown[] = [];
  channels[0]!.onclose = (event) => told.push(event);
  socket().end(1006);
  connection.fail("The VNC server sent data that this page cannot parse.", true);
  await settle();
  assertEquals([told, phases.at(-1)?.kind], [[], "connecting"]);
  answer.resolve(REFUSED);
  await settle();
  assertEquals(phases.at(-1), { kind: "ended", ending: REFUSED });
});

Deno.test("Connection keeps trying while the gateway is away", async () => {
  const { connection, phases, timers, settle, socket } = createConnectionRig();
  connection.connect();
  socket().end(1006);
  await settle();
  const last = phases.at(-1)!;
  assert(last.kind === "waiting");
  assertEquals([last.ending, timers.waiting], [AWAY, 1]);
});

Deno.test("Connection gives up when the gateway admits it and the WebSocket does not open, twice in a row", async () => {
  const verdicts: (Ending | "admitted")[] = ["admitted", AWAY, "admitted", "admitted"];
  const { connection, phases, pass, settle, socket } = createConnectionRig({
    diagnose: () => Promise.resolve(verdicts.shift()!),
  });
  connection.connect();
  const sentences: string[] = [];
  for (let attempt = 0; attempt < 4; attempt++) {
    socket().end(1006);
    await settle();
    const last = phases.at(-1)!;
    sentences.push(`${last.kind}: ${"ending" in last ? last.ending.sentence : ""}`);
    pass(10_000);
  }
  const notOpened = "waiting: The connection to the gateway could not be opened.";
  assertEquals(sentences.slice(0, 3), [notOpened, `waiting: ${AWAY.sentence}`, notOpened]);
  assertMatch(sentences[3]!, /^ended: The proxy in front does not pass WebSockets on: .*Upgrade and Connection/);
});

Deno.test("Connection forgets that a WebSocket did not open once one has opened", async () => {
  const { connection, phases, pass, settle, socket, openUp } = createConnectionRig({
    diagnose: () => Promise.resolve("admitted"),
  });
  connection.connect();
  for (let attempt = 0; attempt < 3; attempt++) {
    socket().end(1006);
    await settle();
    assertEquals(phases.at(-1)?.kind, "waiting");
    pass(60_000);
    openUp();
    socket().end(1006);
    pass(60_000);
  }
});

Deno.test("Connection asks why when a WebSocket opens for too long, and asks once", async () => {
  let asked = 0;
  const diagnose = () => Promise.resolve((asked++, AWAY));
  const { connection, phases, pass, settle, socket } = createConnectionRig({ diagnose });
  connection.connect();
  const late = socket();
  pass(19_999);
  assertEquals(asked, 0);
  pass(1);
  late.end(1006);
  await settle();
  assertEquals([asked, phases.at(-1)?.kind], [1, "waiting"]);
});

Deno.test("Connection waits as long as the gateway asked, even if it is woken, and the user need not", async () => {
  const full: Ending = { sentence: "Full.", retry: true, remedy: "again", retryAfterMs: 7_000 };
  const { connection, sockets, pass, settle, socket } = createConnectionRig({ diagnose: () => Promise.resolve(full) });
  connection.connect();
  socket().end(1006);
  await settle();
  connection.wake();
  pass(6_999);
  assertEquals(sockets.length, 1);
  pass(1);
  assertEquals(sockets.length, 2);
  socket().end(1006);
  await settle();
  connection.connect();
  assertEquals(sockets.length, 3);
});
