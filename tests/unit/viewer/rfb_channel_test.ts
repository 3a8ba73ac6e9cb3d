import { assert, assertEquals } from "@std/assert";
import { RfbChannel } from "../../../src/viewer/rfb_channel.ts";
import { FakeBrowserSocket } from "../../fakes/browser_socket.ts";

function createRig() {
  const closes: number[] = [];
  let closed = 0;
  const channel = new RfbChannel({ onClose: () => closed++, onSend: () => {} });
  channel.onclose = ({ code }) => closes.push(code);
  return { channel, closes, count: () => closed };
}

function openSocket(): FakeBrowserSocket {
  const socket = new FakeBrowserSocket();
  socket.open();
  return socket;
}

const lengths = (frames: readonly unknown[]) => frames.map((frame) => (frame as Uint8Array).length);

Deno.test("RfbChannel stays open to noVNC while no WebSocket carries it", () => {
  const { channel, closes } = createRig();
  assertEquals(channel.readyState, WebSocket.CONNECTING);
  channel.open(openSocket().asWebSocket);
  channel.pause();
  assertEquals([channel.readyState, closes], [WebSocket.OPEN, []]);
});

Deno.test("RfbChannel confirms noVNC's own close once, whatever became of the WebSocket", async () => {
  const { channel, closes, count } = createRig();
  channel.close();
  channel.close();
  assertEquals(closes, []);
  await Promise.resolve();
  assertEquals([channel.readyState, closes, count()], [WebSocket.CLOSED, [1000], 1]);
});

Deno.test("RfbChannel sends again what the gateway does not have, as it was when noVNC sent it", () => {
  const { channel } = createRig();
  const [first, second] = [openSocket(), openSocket()];
  channel.open(first.asWebSocket);
  const buffer = new Uint8Array([1, 2, 3, 4]);
  channel.send(buffer.subarray(0, 2));
  buffer.fill(9); // noVNC uses its buffer again
  channel.send(buffer.subarray(0, 3));
  channel.sendMessage({ type: "credentials", password: "pw" });
  channel.pause();
  channel.sendMessage({ type: "pong", id: 1 }); // Belongs to a WebSocket
  channel.send(buffer.subarray(0, 1));
  assert(channel.resume(second.asWebSocket, 2));
  assertEquals(first.sent.length, 3);
  assertEquals(second.sent, [
    new Uint8Array([9, 9, 9]),
    '{"type":"credentials","password":"pw"}',
    new Uint8Array([9]),
  ]);
});

Deno.test("RfbChannel refuses a position that the gateway cannot have reached", () => {
  const { channel } = createRig();
  const socket = openSocket();
  channel.open(socket.asWebSocket);
  channel.send(new Uint8Array(4));
  channel.acknowledge(4);
  channel.send(new Uint8Array(4));
  channel.pause();
  for (const position of [0, 3, 5, 7, 9]) assertEquals(channel.resume(socket.asWebSocket, position), false);
  assertEquals(lengths(socket.sent), [4, 4]);
  assert(channel.resume(socket.asWebSocket, 8));
});

Deno.test("RfbChannel counts bytes and the text that counts", () => {
  const { channel } = createRig();
  const got: number[] = [];
  channel.onmessage = ({ data }) => got.push(data.byteLength);
  channel.takeBytes(new ArrayBuffer(5));
  channel.countText("é€");
  assertEquals([channel.received, got], [7, [5]]);
});

Deno.test("RfbChannel keeps sixteen megabytes at most: then the session cannot be resumed", () => {
  const { channel } = createRig();
  const socket = openSocket();
  channel.open(socket.asWebSocket);
  for (let mebibytes = 0; mebibytes < 16; mebibytes++) channel.send(new Uint8Array(1024 * 1024));
  assert(channel.isKept && channel.isAwaiting);
  channel.send(new Uint8Array(1));
  assertEquals([channel.isKept, channel.isAwaiting, socket.sent.length], [false, false, 17]);
  assertEquals(channel.resume(socket.asWebSocket, 0), false);
});
