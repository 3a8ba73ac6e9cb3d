/** A ViewerSocket without a network. */
import { ViewerSocket } from "../../src/bridge/viewer_socket.ts";
import { FakeGatewaySocket } from "./gateway_socket.ts";

/** A ViewerSocket on a fake WebSocket, with its clock in the hands of the test. */
export function makeViewerRig({ sideChannel = false, stallMs = 90_000, upQueueBytes = 1000 } = {}) {
  const socket = new FakeGatewaySocket();
  const clock = { ms: 0 };
  const options = { sideChannel, upQueueBytes, stallMs, now: () => clock.ms };
  return { socket, clock, viewer: new ViewerSocket(socket.asWebSocket, options) };
}
