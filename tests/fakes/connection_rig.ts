import { Connection, type Phase, type ShownMessage } from "../../src/viewer/connection.ts";
import { type Ending, explainSilence } from "../../src/viewer/ending.ts";
import type { RfbChannel } from "../../src/viewer/rfb_channel.ts";
import { FakeBrowserSocket } from "./browser_socket.ts";

/** A viewer page's connection whose network and clock the test controls. */
export function createConnectionRig(
  { diagnose = (): Promise<Ending | "admitted"> => Promise.resolve(explainSilence(true)) } = {},
) {
  const sockets: FakeBrowserSocket[] = [];
  const channels: RfbChannel[] = [];
  const phases: Phase[] = [];
  const messages: ShownMessage[] = [];
  const timers = new Map<() => void, number>();
  let nowMs = 0;
  const connection = new Connection({
    openSocket: () => (sockets.push(new FakeBrowserSocket()), sockets.at(-1)!.asWebSocket),
    attach: (channel) => void channels.push(channel),
    showPhase: (phase) => void phases.push(phase),
    takeMessage: (message) => void messages.push(message),
    diagnose,
    now: () => nowMs,
    random: () => 0.5,
    startTimer: (run, afterMs) => {
      timers.set(run, nowMs + afterMs);
      return () => timers.delete(run);
    },
  });
  const pass = (ms: number) => {
    nowMs += ms;
    const due = [...timers].filter(([, atMs]) => atMs <= nowMs).map(([run]) => run);
    for (const run of due) if (timers.delete(run)) run();
  };
  /** Waits for the answer to "why did it not open". */
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  const socket = () => sockets.at(-1)!;
  const openUp = () => {
    socket().open();
    connection.confirmOpen();
  };
  return { connection, sockets, channels, phases, messages, timers, pass, settle, socket, openUp };
}
