/** A ResumableViewer without a network. */
import { Link } from "../../src/bridge/link.ts";
import { ResumableViewer } from "../../src/bridge/resumable_viewer.ts";
import { Unacknowledged } from "../../src/bridge/unacknowledged.ts";
import { type DownMessage, parseDown } from "../../src/side_channel/messages.ts";
import { FakeGatewaySocket } from "./gateway_socket.ts";

/** A ResumableViewer on one fake WebSocket after the other, with its clock in the hands of the test. */
export async function makeResumableRig({ stallMs = 90_000, holdMs = 30_000, upQueueBytes = 1_000_000 } = {}) {
  const clock = { ms: 0 };
  const now = () => clock.ms;
  const share = new Unacknowledged(128 * 1024 * 1024);
  const events: string[] = [];
  let tokens = 0;
  const makeLink = () => {
    const socket = new FakeGatewaySocket();
    socket.isFast = true;
    return { socket, link: new Link(socket.asWebSocket, { stallMs, now }) };
  };
  const first = makeLink();
  const makeToken = () => `token ${++tokens}`;
  /** The tokens that the page has shown that it has. */
  const confirmed: number[] = [];
  const confirmToken = () => void confirmed.push(tokens);
  const options = { stallMs, holdMs, upQueueBytes, share, makeToken, confirmToken, now };
  const viewer = new ResumableViewer(first.link, options);
  viewer.onHeld = () => events.push("held");
  viewer.onResumed = (gapMs) => events.push(`resumed after ${gapMs}`);
  first.socket.dispatchEvent(new Event("open"));
  await viewer.opened;
  /** The page comes back with everything up to this position; returns its new end. */
  const resume = (received: number) => {
    const { socket, link } = makeLink();
    viewer.resume(link, received);
    return socket;
  };
  return { viewer, share, clock, events, confirmed, socket: first.socket, resume };
}

/** The messages of the gateway on this WebSocket. */
export function readMessages(socket: FakeGatewaySocket): DownMessage[] {
  return socket.frames.flatMap((frame) => typeof frame === "string" ? [parseDown(frame).message!] : []);
}

/** An acknowledgement of the page, as a text frame. */
export function writeAck(received: number): string {
  return JSON.stringify({ type: "ack", received });
}
