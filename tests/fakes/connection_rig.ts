import { Connection, type Phase } from "../../src/viewer/connection.ts";
import { type Ending, explainSilence } from "../../src/viewer/ending.ts";
import type { RfbChannel } from "../../src/viewer/rfb_channel.ts";
import type { ShownMessage } from "../../src/viewer/session.ts";
import { FakeBrowserSocket } from "./browser_socket.ts";
import { ManualTimers } from "./manual_timers.ts";

/** A viewer page's connection whose network and clock the test controls. */
export function createConnectionRig(
  { diagnose = (): Promise<Ending | "admitted"> => Promise.resolve(explainSilence(true)) } = {},
) {
  const sockets: FakeBrowserSocket[] = [];
  /** What the address of each socket said. */
  const resumes: string[] = [];
  const channels: RfbChannel[] = [];
  const phases: Phase[] = [];
  const messages: ShownMessage[] = [];
  const away: boolean[] = [];
  const deferred: (() => void)[] = [];
  const timers = new ManualTimers();
  timers.ms = 0;
  const connection = new Connection({
    openSocket: (_subprotocol, resume) => {
      resumes.push(resume);
      sockets.push(new FakeBrowserSocket());
      return sockets.at(-1)!.asWebSocket;
    },
    attach: (channel) => void channels.push(channel),
    showPhase: (phase) => void phases.push(phase),
    showAway: (isAway) => void away.push(isAway),
    takeMessage: (message) => void messages.push(message),
    diagnose,
    now: timers.now,
    random: () => 0.5,
    startTimer: timers.set,
    defer: (run) => void deferred.push(run),
  });
  const { pass, standStill } = bind(timers);
  /** Waits for the answer to "why did it not open". */
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  const socket = () => sockets.at(-1)!;
  const openUp = () => {
    socket().open();
    connection.confirmOpen();
  };
  /** What was deferred runs. */
  const runDeferred = () => deferred.splice(0).forEach((run) => run());
  return {
    ...{ connection, sockets, resumes, channels, phases, messages, away, timers },
    ...{ pass, standStill, settle, socket, openUp, runDeferred },
  };
}

function bind(timers: ManualTimers) {
  return {
    pass: (ms: number) => timers.pass(ms),
    /** Time passes while no timer calls back: the device sleeps. Those whose time has come are late. */
    standStill: (ms: number) => {
      timers.ms += ms;
      timers.pass(0);
    },
  };
}
