import { assertEquals, assertRejects } from "@std/assert";
import { PortholeError } from "../../../src/errors.ts";
import type { UpMessage } from "../../../src/side_channel/messages.ts";
import { makeViewerRig } from "../../fakes/viewer_socket_rig.ts";

Deno.test("the up queue accepts exactly its cap, and one byte more ends the session", async () => {
  const { viewer, socket } = makeViewerRig();
  const failed = assertRejects(() => viewer.failed, PortholeError, "The VNC server is reading too slowly");
  socket.receive(new Uint8Array(1000));
  assertEquals(viewer.up.bytes, 1000);
  socket.receive(new Uint8Array(1));
  assertEquals(viewer.up.bytes, 0);
  await failed;
});

Deno.test("idleMs counts from the last key, pointer event or cut text, silentMs from anything", () => {
  const { viewer, socket, clock } = makeViewerRig();
  clock.ms = 1000;
  for (const type of [4, 5, 6, 255]) {
    clock.ms += 10;
    socket.receive(Uint8Array.of(type, 1));
    assertEquals([viewer.idleMs, viewer.silentMs], [0, 0], String(type));
  }
  clock.ms += 500;
  socket.receive(Uint8Array.of(3, 1)); // FramebufferUpdateRequest
  assertEquals([viewer.idleMs, viewer.silentMs], [500, 0]);
});

Deno.test("messages of the side channel arrive parsed, and unknown ones are ignored", () => {
  const { viewer, socket } = makeViewerRig({ sideChannel: true });
  const messages: UpMessage[] = [];
  viewer.onSide = (message) => messages.push(message);
  socket.receive('{"type":"pong","id":1,"more":2}');
  socket.receive('{"type":"from a newer page"}');
  socket.receive('{"type":"credentials","password":"x"}');
  assertEquals(messages, [{ type: "pong", id: 1 }, { type: "credentials", password: "x" }]);
});

for (
  const [text, problem] of [
    ["hello", "A text frame is not a JSON object with a type"],
    ['{"type":"credentials","password":7}', "The field password of a credentials message is malformed"],
  ]
) {
  Deno.test(`the text frame ${text} ends the session: ${problem}`, async () => {
    const { viewer, socket } = makeViewerRig({ sideChannel: true });
    viewer.onSide = () => {
      throw new Error("a malformed message came through");
    };
    const failed = assertRejects(() => viewer.failed, PortholeError, problem);
    socket.receive(text!);
    assertEquals(viewer.up.ended, true);
    assertEquals((await failed).code, "viewer_malformed");
  });
}

Deno.test("a text frame on a plain stream ends the session, and nothing is ever sent on its side channel", async () => {
  const { viewer, socket } = makeViewerRig();
  const failed = assertRejects(() => viewer.failed, PortholeError, "RFB travels in binary frames only");
  viewer.sendSide({ type: "ping", id: 1 });
  socket.receive('{"type":"pong","id":1}');
  assertEquals((await failed).code, "text_refused");
  assertEquals(socket.frames, []);
});

Deno.test("nothing is sent once the socket closes, and a second close changes nothing", () => {
  const { viewer, socket } = makeViewerRig({ sideChannel: true });
  viewer.close(new PortholeError("idle", "Idle"));
  viewer.close(new PortholeError("internal", "Later"));
  viewer.send(new Uint8Array(1));
  viewer.sendSide({ type: "ping", id: 1 });
  assertEquals([socket.closedWith, socket.frames, viewer.isOpen, viewer.isGone], [4408, [], false, false]);
});

Deno.test("a failure without a close code closes as internal", () => {
  const { viewer, socket } = makeViewerRig();
  viewer.close(new PortholeError("host_refused", "Not here"));
  assertEquals(socket.closedWith, 1011);
});
