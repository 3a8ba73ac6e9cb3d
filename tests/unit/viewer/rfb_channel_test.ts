import { assertEquals } from "@std/assert";
import { RfbChannel } from "../../../src/viewer/rfb_channel.ts";
import { FakeBrowserSocket } from "../../fakes/browser_socket.ts";

function createRig() {
  const socket = new FakeBrowserSocket();
  const closes: number[] = [];
  const channel = new RfbChannel(socket.asWebSocket, () => {});
  channel.onclose = ({ code }) => closes.push(code);
  return { socket, channel, closes };
}

Deno.test("RfbChannel does not tell noVNC of the WebSocket's end, and stays open to it", () => {
  const { socket, channel, closes } = createRig();
  assertEquals(channel.readyState, WebSocket.CONNECTING);
  socket.open();
  assertEquals(channel.readyState, WebSocket.OPEN);
  socket.end(1006);
  assertEquals([channel.readyState, closes], [WebSocket.OPEN, []]);
  channel.send(new Uint8Array(1));
  assertEquals(socket.sent, []);
});

Deno.test("RfbChannel confirms noVNC's own close once, whatever became of the WebSocket", async () => {
  const { socket, channel, closes } = createRig();
  socket.end(1006);
  channel.close();
  channel.close();
  assertEquals(closes, []);
  await Promise.resolve();
  assertEquals([channel.readyState, closes, socket.closedWith], [WebSocket.CLOSED, [1000], 1000]);
});
