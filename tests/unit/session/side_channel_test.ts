import { assertEquals, assertRejects } from "@std/assert";
import { PortholeError } from "../../../src/errors.ts";
import { SideChannel } from "../../../src/session/side_channel.ts";
import { parseDown, type UpMessage, writeMessage } from "../../../src/side_channel/messages.ts";
import { FakeTimeouts } from "../../fakes/fake_timeouts.ts";
import { makeViewerRig } from "../../fakes/viewer_socket_rig.ts";

function makeRig({ sideChannel = true } = {}) {
  const { socket, viewer } = makeViewerRig({ sideChannel });
  const clock = { ms: 0 };
  const side = new SideChannel(viewer, () => clock.ms);
  const hear = () => socket.frames.map((frame) => parseDown(String(frame)).message);
  const say = (message: UpMessage) => socket.receive(writeMessage(message));
  return { side, clock, hear, say };
}

const { signal } = new AbortController();

Deno.test("ask() asks for the fields and returns the answer with the password as a secret", async () => {
  const { side, hear, say } = makeRig();
  const asked = side.ask(["username", "password"], signal, "The server refused the password");
  assertEquals(hear(), [{
    type: "ask",
    fields: ["username", "password"],
    message: "The server refused the password",
  }]);
  say({ type: "credentials", username: "ada", password: "Secret12" });
  say({ type: "credentials", username: "eve" });
  const { username, password } = await asked;
  assertEquals([username, `${password}`, password?.reveal()], ["ada", "[secret]", "Secret12"]);
});

Deno.test("ask() ignores an answer that came before the question", async () => {
  const { side, say } = makeRig();
  say({ type: "credentials", password: "early" });
  const asked = side.ask(["password"], signal);
  say({ type: "credentials", password: "asked for" });
  assertEquals((await asked).password?.reveal(), "asked for");
});

Deno.test("ask() ends with the session, even if the session has already ended", async () => {
  const { side } = makeRig();
  const session = new AbortController();
  const asked = side.ask(["password"], session.signal);
  session.abort(new Error("The session ended"));
  await assertRejects(() => asked, Error, "The session ended");
  await assertRejects(() => side.ask(["password"], session.signal), Error, "The session ended");
});

Deno.test("ask() waits five minutes for an answer, and no longer", async () => {
  using timers = new FakeTimeouts();
  const { side } = makeRig();
  let isOver = false;
  const asked = side.ask(["password"], signal).finally(() => isOver = true);
  const failed = assertRejects(() => asked, PortholeError, "No password was entered in time");
  timers.pass(5 * 60_000 - 1);
  await Promise.resolve();
  assertEquals(isOver, false);
  timers.pass(1);
  assertEquals((await failed).code, "vnc_login_failed");
});

Deno.test("a keepalive of 0 pings nobody", () => {
  const { side, hear } = makeRig();
  side.startPings(0);
  assertEquals(hear(), []);
});

Deno.test("a pong gives one round-trip time, and a pong without a ping is ignored", () => {
  const { side, clock, hear, say } = makeRig();
  side.startPings(20_000);
  clock.ms = 12.34;
  for (const id of [0, "1", null, 2, 1, 1, 1]) say({ type: "pong", id });
  assertEquals(side.rttMs, 12.3);
  assertEquals(hear(), [{ type: "ping", id: 1 }, { type: "rtt", ms: 12.3 }]);
  side.close();
});

Deno.test("a viewer without a side channel is neither asked nor pinged", () => {
  const { side, hear } = makeRig({ sideChannel: false });
  assertEquals(side.canAsk, false);
  side.startPings(1);
  side.tell({ type: "rtt", ms: 1 });
  assertEquals(hear(), []);
});
