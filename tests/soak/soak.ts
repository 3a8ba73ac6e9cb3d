/**
 * `deno task soak --minutes N [--seed S]`: the program under everything at once, for as long as asked.
 *
 * Lanes open, end and kill sessions, revoke what let them in, edit the configuration, renew the certificate, guess
 * passwords and send garbage. Once a minute they rest, and what must hold is checked. The last line is the verdict;
 * the exit code is 1 when it is bad.
 */
import { parseArgs } from "node:util";
import { waitAtMost } from "../../src/async/wait_at_most.ts";
import { makeClientKey } from "../../src/rfb/security/ra2.ts";
import type { FakeSource } from "../fakes/rfb_security/source.ts";
import { hashCheaply } from "../fakes/hash_cheaply.ts";
import { Seeded } from "../fakes/seeded.ts";
import type { TcpSource } from "../fakes/tcp_source.ts";
import { checkAll, checkMemory, measureSlope, pickWarm, readLog, type Sample } from "./checks.ts";
import { type Action, Driver, Faults } from "./driver.ts";
import * as attacks from "./attacks.ts";
import { PASSWORD } from "./attacks.ts";
import { listenHonestly } from "./honest_source.ts";
import { listenHostilely } from "./hostile_sources.ts";
import * as sessions from "./sessions.ts";
import { SoakGateway } from "./soak_gateway.ts";
import { tearSession } from "./torn_sessions.ts";

const LANES = 6;
/** Every wait of an action ends before. */
const ACTION_MS = 300_000;
const WARM_UP_MINUTES = 1 / 4;
const MOST_BETWEEN_CHECKS_MINUTES = 1;
/** Longer than the thread that checks passwords waits for more of them. */
const MOST_SETTLE_MS = 8_000;
const MIB = 1024 ** 2;

/** What a lane does, and how often in relation to the rest. */
const ACTIONS: readonly (readonly [weight: number, Action])[] = [
  [20, sessions.holdSession],
  [20, sessions.nudgeSession],
  [15, sessions.leaveSession],
  [25, sessions.transfer],
  [6, sessions.killSession],
  [6, tearSession],
  [6, sessions.openHostile],
  [4, sessions.leaveUnanswered],
  [4, sessions.sendNonsense],
  [4, attacks.guessPassword],
  [3, attacks.revokeSignIn],
  [4, attacks.revokeLink],
  [1, attacks.revokeToken],
  [2, attacks.reload],
  [0.5, attacks.renew],
  [0.5, attacks.openValve],
  [4, attacks.idleOnTcp],
  [4, attacks.sendGarbage],
];

function pickAction(chance: Seeded): Action {
  let left = chance.next() * ACTIONS.reduce((sum, [weight]) => sum + weight, 0);
  return ACTIONS.find(([weight]) => (left -= weight) < 0)![1];
}

/** Does one thing after another until the time is up. What goes wrong in one is a fault, and the next follows. */
async function runLane(driver: Driver, chance: Seeded, untilMs: number): Promise<void> {
  while (performance.now() < untilMs && driver.isRunning) {
    const action = pickAction(chance);
    let isDone = false;
    const done = action(driver, chance).catch((error: Error) => driver.fault(`${action.name}: ${error.message}`));
    await waitAtMost(done.then(() => isDone = true), ACTION_MS);
    if (!isDone) driver.fault(`${action.name} has not ended`);
    await chance.pause();
  }
}

interface Sources extends AsyncDisposable {
  /** The lines of `sources` in sources.yaml. */
  readonly yaml: string;
}

/** Starts every source; `onFault` is told of bytes that come up wrong. */
async function startSources(onFault: (what: string) => void): Promise<Sources> {
  const key = await makeClientKey();
  const honest: Record<typeof sessions.STEADY[number], [login: FakeSource, settings: string]> = {
    plain: [{ types: [1] }, ""],
    viewonly: [{ types: [1] }, ", view_only: true"],
    noclip: [{ types: [1] }, ", clipboard: none"],
    vncauth: [{ types: [2], password: "secret12" }, ", password: secret12, prewarm: 1"],
    sealed: [
      { types: [5], username: "ada", password: "secret12", key, asksUsername: true },
      ", username: ada, password: secret12",
    ],
  };
  const stack = new AsyncDisposableStack();
  const lines: string[] = [`  refused: { host: 127.0.0.1, port: 1, look: off }\n`];
  const list = (name: string, source: TcpSource, settings: string) => {
    stack.use(source);
    lines.push(`  ${name}: { host: 127.0.0.1, port: ${source.port}${settings} }\n`);
  };
  for (const [name, [login, settings]] of Object.entries(honest)) {
    const fault = (what: string) => onFault(`${name}: ${what}`);
    list(name, listenHonestly({ login, takesInput: name !== "viewonly", onFault: fault }), settings);
  }
  for (const [name, source] of Object.entries(listenHostilely())) {
    list(name, source, ", connect_timeout: 2s, look: off");
  }
  return { yaml: lines.join(""), [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

interface Soak {
  readonly minutes: number;
  readonly seed: number;
}

/** Runs it, prints the verdict, and says whether it is good. */
async function soak(asked: Soak): Promise<boolean> {
  const faults = new Faults();
  await using sources = await startSources((what) => faults.add(what));
  const hash = await hashCheaply(PASSWORD);
  await using gateway = await SoakGateway.start({ sources: sources.yaml, hash });
  const driver = new Driver(gateway, faults);
  const ended = gateway.ended.then(({ code }) => {
    driver.isRunning = false;
    return code;
  });
  const samples = await runRounds(driver, asked);
  if (!driver.isRunning) faults.add(`the program has ended:\n${gateway.log.slice(-2_000)}`);
  checkMemory(driver, samples);
  gateway.signal("SIGTERM");
  const code = await ended;
  readLog(driver);
  if (code !== 0) faults.add(`the program exited with ${code}`);
  console.log(describe(driver, samples, asked));
  return faults.all.length === 0;
}

/** Lets the lanes run, with a check after each minute, until the time is up. */
async function runRounds(driver: Driver, { minutes, seed }: Soak): Promise<Sample[]> {
  const startMs = performance.now();
  const readMinute = () => (performance.now() - startMs) / 60_000;
  const lanes = Array.from({ length: LANES }, (_, lane) => new Seeded(seed * LANES + lane));
  const between = Math.min(MOST_BETWEEN_CHECKS_MINUTES, minutes / 4);
  const settleMs = Math.min(MOST_SETTLE_MS, between * 60_000 / 4);
  const samples: Sample[] = [];
  for (let until = Math.min(WARM_UP_MINUTES, between);; until = Math.min(minutes, readMinute() + between)) {
    await Promise.all(lanes.map((chance) => runLane(driver, chance, startMs + until * 60_000)));
    if (!driver.isRunning) return samples;
    const sample = await checkAll(driver, readMinute(), samples, settleMs);
    samples.push(sample);
    console.error(describeSample(driver, sample));
    if (readMinute() >= minutes) return samples;
  }
}

function describeSample({ counts, faults }: Driver, { minute, descriptors, memoryMib }: Sample): string {
  const costs = `${descriptors} descriptors, ${memoryMib.toFixed(0)} MiB`;
  return `minute ${minute.toFixed(1)}: ${
    counts.get("sessions")
  } sessions so far, ${costs}, ${faults.all.length} faults`;
}

function describe({ counts, faults }: Driver, samples: readonly Sample[], { minutes, seed }: Soak): string {
  const { bytes = 0, ...done } = Object.fromEntries(counts);
  const [first, last] = [samples[0], samples.at(-1)];
  const slope = measureSlope(pickWarm(samples)).toFixed(1);
  return [
    `soak ${faults.all.length === 0 ? "passed" : `FAILED with ${faults.all.length} faults`}: ${minutes} minutes`,
    `seed ${seed}`,
    ...Object.entries(done).map(([what, count]) => `${count} ${what}`),
    `${(bytes / MIB).toFixed(0)} MiB checked`,
    `descriptors ${first?.descriptors} to ${last?.descriptors}`,
    `memory ${first?.memoryMib.toFixed(0)} to ${last?.memoryMib.toFixed(0)} MiB (${slope} MiB a minute)`,
  ].join(", ");
}

function readArguments(args: readonly string[]): Soak {
  try {
    const options = { minutes: { type: "string" }, seed: { type: "string" } } as const;
    const { minutes = "3", seed = `${Math.floor(Math.random() * 1e6)}` } =
      parseArgs({ args: [...args], options }).values;
    if (Number(minutes) > 0 && Number.isSafeInteger(Number(seed))) {
      return { minutes: Number(minutes), seed: Number(seed) };
    }
  } catch {
    // An unknown flag.
  }
  console.error("Usage: deno task soak [--minutes N] [--seed S]");
  Deno.exit(2);
}

if (import.meta.main) {
  const asked = readArguments(Deno.args);
  console.error(`Soaking for ${asked.minutes} minutes with seed ${asked.seed}`);
  Deno.exit(await soak(asked) ? 0 : 1);
}
