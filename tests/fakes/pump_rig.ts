/** A pump between a source and a viewer's socket that the test holds in its hands. */
import { pump } from "../../src/bridge/pump.ts";
import { Taps } from "../../src/bridge/taps.ts";
import { Turns } from "../../src/bridge/turns.ts";
import { ViewerSocket } from "../../src/bridge/viewer_socket.ts";
import type { Stages } from "../../src/rfb/stage.ts";
import { FakeGatewaySocket } from "./gateway_socket.ts";
import { ManualSource } from "./manual_source.ts";

interface PumpRigOptions {
  readonly stages?: Stages;
  readonly downFirst?: Uint8Array<ArrayBuffer>;
  readonly upQueueBytes?: number;
  readonly stallMs?: number;
}

/** Starts a pump; its viewer takes every frame at once until the test says otherwise. */
export function startPump({ upQueueBytes = 1024 * 1024, stallMs = 90_000, ...options }: PumpRigOptions = {}) {
  const socket = new FakeGatewaySocket();
  socket.isFast = true;
  const viewer = new ViewerSocket(socket.asWebSocket, { sideChannel: false, upQueueBytes, stallMs });
  proveFast(viewer);
  socket.frames.length = 0;
  const source = new ManualSource();
  const clock = { ms: 0, reads: 0 };
  const taps = new Taps(() => (clock.reads++, clock.ms));
  const count = { upBytes: 0, downBytes: 0 };
  const ended = pump({ ...options, source, viewer, taps, count, turns: new Turns() });
  // A test that expects a failure awaits it later.
  ended.catch(() => {});
  return { socket, viewer, source, taps, clock, count, ended };
}

/** Carries more than a kernel can hold at once, so that the link counts as fast. */
function proveFast(viewer: ViewerSocket): void {
  viewer.send(new Uint8Array(8 * 1024 * 1024));
  viewer.drain();
}

/** Lets everything run that can run without the network or a timer. */
export async function settle(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((done) => setTimeout(done));
}
