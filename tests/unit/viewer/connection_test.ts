import { assertEquals } from "@std/assert";
import type { Phase } from "../../../src/viewer/connection.ts";
import { createConnectionRig } from "../../fakes/connection_rig.ts";

const kinds = (phases: readonly Phase[]) => phases.map(({ kind }) => kind);

Deno.test("Connection passes bytes to the channel and text frames to the side", () => {
  const { connection, channels, messages, socket } = createConnectionRig();
  connection.connect();
  const bytes: ArrayBuffer[] = [];
  channels[0]!.onmessage = ({ data }) => bytes.push(data);
  socket().open();
  socket().receive(new Uint8Array([82, 70, 66]).buffer);
  socket().receive({ type: "state", state: "handshake" });
  socket().receive({ type: "from a newer gateway" });
  assertEquals(bytes.map((data) => [...new Uint8Array(data)]), [[82, 70, 66]]);
  assertEquals(messages, [{ type: "state", state: "handshake" }]);
});

Deno.test("Connection answers a ping at once with its id", () => {
  const { connection, socket } = createConnectionRig();
  connection.connect();
  socket().open();
  socket().receive({ type: "ping", id: 7 });
  assertEquals(socket().sent, ['{"type":"begin"}', '{"type":"pong","id":7}']);
});

Deno.test("Connection backs off while attempts fail", async () => {
  const { connection, phases, sockets, pass, settle, socket } = createConnectionRig();
  connection.connect();
  for (const delayMs of [500, 1_000, 2_000, 5_000, 10_000, 10_000]) {
    const before = sockets.length;
    socket().end(1006);
    await settle();
    assertEquals(phases.at(-1)?.kind, "waiting");
    pass(delayMs - 1);
    assertEquals(sockets.length, before, `tried before ${delayMs} ms`);
    pass(1);
    assertEquals(sockets.length, before + 1, `did not try after ${delayMs} ms`);
  }
});

Deno.test("Connection resets the backoff after it lasted ten seconds, and not earlier", async () => {
  const { connection, phases, pass, settle, socket, openUp } = createConnectionRig();
  const waitMs = async (heldMs: number) => {
    openUp();
    pass(heldMs);
    socket().end(1006);
    await settle();
    const phase = phases.at(-1)!;
    const untilMs = phase.kind === "waiting" ? phase.untilMs : NaN;
    pass(20_000);
    return untilMs;
  };
  connection.connect();
  assertEquals(await waitMs(9_999), 9_999 + 500);
  assertEquals(await waitMs(9_999), 9_999 + 20_000 + 9_999 + 1_000);
  assertEquals(await waitMs(10_000), 2 * (9_999 + 20_000) + 10_000 + 500);
});

Deno.test("Connection shows the gateway's goodbye, closes with 1000 and reconnects", () => {
  const { connection, phases, socket, timers, openUp } = createConnectionRig();
  connection.connect();
  openUp();
  const left = socket();
  left.receive({ type: "goodbye", code: "draining", close: 1012, message: "Restarting", retry: true });
  assertEquals(left.closedWith, 1000);
  left.end(1006); // What the closing handshake brings changes nothing
  assertEquals(kinds(phases), ["connecting", "open", "waiting"]);
  const last = phases.at(-1)!;
  assertEquals(last.kind === "waiting" && last.ending.sentence, "Restarting.");
  assertEquals(timers.waiting, 1);
});

Deno.test("Connection waits as long as the gateway asks", () => {
  const { connection, sockets, pass, socket } = createConnectionRig();
  connection.connect();
  socket().open();
  socket().receive({
    type: "goodbye",
    code: "limit_reached",
    close: 4429,
    message: "",
    retry: true,
    retry_after_ms: 9e3,
  });
  pass(8_999);
  assertEquals(sockets.length, 1);
  pass(1);
  assertEquals(sockets.length, 2);
});

Deno.test("Connection does not reconnect after a code for which a retry cannot help", async () => {
  for (const code of [1003, 4400, 4401, 4403, 4404, 4408, 4410, 4511]) {
    const { connection, phases, timers, settle, socket } = createConnectionRig();
    connection.connect();
    socket().open();
    socket().end(code, "Because");
    await settle();
    assertEquals(phases.at(-1)?.kind, "ended", String(code));
    assertEquals(timers.waiting, 0, String(code));
    connection.wake();
    assertEquals(phases.at(-1)?.kind, "ended", String(code));
  }
});

Deno.test("Connection does not reconnect after the user left, whatever was under way", async () => {
  for (const moment of ["connecting", "open", "waiting"]) {
    const { connection, phases, sockets, timers, pass, settle, socket, openUp } = createConnectionRig();
    connection.connect();
    if (moment !== "connecting") openUp();
    if (moment === "waiting") socket().end(1006);
    await settle();
    connection.leave();
    socket().end(1006);
    pass(60_000);
    await settle();
    assertEquals(phases.at(-1)?.kind, "ended", moment);
    assertEquals([sockets.length, timers.waiting], [1, 0], moment);
  }
});

Deno.test("Connection tries at once if it is woken while it waits, and only then", async () => {
  const { connection, sockets, timers, settle, socket, openUp } = createConnectionRig();
  connection.connect();
  connection.wake();
  openUp();
  connection.wake();
  assertEquals(sockets.length, 1);
  socket().end(1006);
  await settle();
  connection.wake();
  assertEquals([sockets.length, timers.waiting], [2, 1]); // The limit on opening
});

Deno.test("Connection keeps the reason during the next attempt", async () => {
  const { connection, phases, pass, settle, socket } = createConnectionRig();
  connection.connect();
  socket().open();
  socket().end(1012, "The gateway is restarting");
  await settle();
  pass(500);
  const last = phases.at(-1)!;
  assertEquals(last.kind === "connecting" && last.after?.sentence, "The gateway is restarting.");
});

Deno.test("Connection notices a link that went silent, once the gateway has begun to ping", () => {
  const { connection, phases, pass, socket, openUp } = createConnectionRig();
  connection.connect();
  openUp();
  pass(600_000);
  assertEquals(phases.at(-1)?.kind, "open");
  socket().receive({ type: "ping", id: 1 });
  pass(30_000);
  socket().receive(new ArrayBuffer(1)); // Bytes are a sign of life as well
  pass(30_000);
  assertEquals(phases.at(-1)?.kind, "open");
  pass(30_000);
  assertEquals(phases.at(-1)?.kind, "waiting");
});

Deno.test("Connection reads what arrived while the tab slept before it calls the link dead", () => {
  const { connection, phases, pass, standStill, socket, openUp } = createConnectionRig();
  connection.connect();
  openUp();
  socket().receive({ type: "ping", id: 1 });
  standStill(600_000);
  assertEquals(phases.at(-1)?.kind, "open");
  socket().receive({ type: "ping", id: 2 });
  pass(59_999);
  assertEquals(phases.at(-1)?.kind, "open");
  pass(1);
  assertEquals(phases.at(-1)?.kind, "waiting");
});

Deno.test("Connection calls a link dead that stays silent after the tab slept", () => {
  const { connection, phases, pass, standStill, socket, openUp } = createConnectionRig();
  connection.connect();
  openUp();
  socket().receive({ type: "ping", id: 1 });
  standStill(600_000);
  pass(4_999);
  assertEquals(phases.at(-1)?.kind, "open");
  pass(1);
  assertEquals(phases.at(-1)?.kind, "waiting");
});

Deno.test("Connection ends once with a failure that the page found", async () => {
  const { connection, phases, settle, socket, openUp } = createConnectionRig();
  connection.connect();
  openUp();
  connection.fail("The VNC server refused the login.", false);
  connection.fail("Something else.", true);
  socket().end(1000);
  await settle();
  assertEquals(kinds(phases), ["connecting", "open", "ended"]);
});

const RESTART = { type: "goodbye", code: "draining", close: 1012, message: "Restarting", retry: true };

Deno.test("Connection tries at once when the gateway restarts, then quickly for ten seconds, then with backoff", async () => {
  const { connection, sockets, timers, pass, settle, socket, openUp } = createConnectionRig();
  connection.connect();
  openUp();
  pass(20_000);
  socket().receive(RESTART);
  const startMs = timers.ms;
  const tries: number[] = [];
  while (timers.ms - startMs < 15_000) {
    pass(0);
    if (sockets.length > tries.length + 1) {
      tries.push(timers.ms - startMs);
      socket().end(1006);
      await settle();
    }
    pass(50);
  }
  const quick = Array.from({ length: 41 }, (_, index) => index * 250);
  assertEquals(tries, [...quick, 10_500, 11_500, 13_500]);
});

Deno.test("Connection is quick once only, if sessions end again before they have lasted", () => {
  const { connection, phases, timers, pass, socket, openUp } = createConnectionRig();
  connection.connect();
  const waits: number[] = [];
  for (const lastedMs of [1_999, 1_999, 2_000]) {
    openUp();
    pass(lastedMs);
    socket().receive(RESTART);
    const phase = phases.at(-1)!;
    waits.push(phase.kind === "waiting" ? phase.untilMs - timers.ms : NaN);
    pass(12_000);
  }
  assertEquals(waits, [0, 500, 0]);
});

Deno.test("Connection is quick at each of several restarts within seconds", async () => {
  const { connection, sockets, pass, settle, socket, openUp } = createConnectionRig();
  connection.connect();
  let tries = 1;
  for (let restart = 1; restart <= 5; restart++) {
    openUp();
    pass(3_000);
    socket().receive(RESTART);
    for (const waitMs of [0, 250, 250, 250]) {
      pass(waitMs);
      assertEquals(sockets.length, ++tries, `restart ${restart}`);
      socket().end(1006);
      await settle();
    }
    pass(250);
    assertEquals(sockets.length, ++tries, `restart ${restart}`);
  }
});

Deno.test("Connection waits as long as a restarting or overloaded gateway asks", () => {
  for (const code of ["draining", "overloaded"]) {
    const { connection, phases, socket, openUp } = createConnectionRig();
    connection.connect();
    openUp();
    socket().receive({ ...RESTART, code, retry_after_ms: 3_000 });
    const last = phases.at(-1)!;
    assertEquals(last.kind === "waiting" && last.untilMs, 3_000, code);
  }
});
