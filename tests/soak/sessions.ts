/** What viewers do. */
import { waitUntil } from "../fakes/wait_until.ts";
import type { Seeded } from "../fakes/seeded.ts";
import type { Action, Driver } from "./driver.ts";
import { HOSTILE } from "./hostile_sources.ts";
import { MESSAGE_BYTES } from "./pattern.ts";
import type { SoakViewer } from "./soak_viewer.ts";

/** Sources that no action edits. */
export const STEADY = ["plain", "viewonly", "noclip", "vncauth", "sealed"] as const;
const PROTOCOLS = ["binary", "porthole.v1"] as const;
const MOST_HELD = 40;
const MOST_MESSAGES = 600;

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** Opens a session that carries some bytes both ways and stays. */
export const holdSession: Action = async (driver, chance) => {
  if (driver.held.size >= MOST_HELD) return nudgeSession(driver, chance);
  const viewer = await driver.open(chance.pick(STEADY), { protocol: chance.pick(PROTOCOLS) });
  if (!viewer) return;
  driver.held.add(viewer);
  if (viewer.isOver) driver.held.delete(viewer);
  viewer.point(chance.below(20));
  viewer.order(1 + chance.below(20));
  await driver.receive(viewer);
};

/** Lets a session that stays carry more. */
export const nudgeSession: Action = async (driver, chance) => {
  const viewer = pickHeld(driver, chance);
  if (!viewer) return;
  viewer.point(chance.below(5));
  viewer.order(1 + chance.below(50));
  await driver.receive(viewer);
};

/** Ends a session that stays, in one of the ways in which viewers do. */
export const leaveSession: Action = async (driver, chance) => {
  const viewer = pickHeld(driver, chance);
  if (!viewer) return;
  driver.held.delete(viewer);
  viewer.leave(chance.pick(["close", "cut", "reset", "half"] as const));
  await viewer.waitUntilGone();
};

/** An administrator ends a session. */
export const killSession: Action = async (driver, chance) => {
  const viewer = await driver.open(chance.pick(STEADY), { protocol: "porthole.v1" });
  if (!viewer) return;
  viewer.mayEnd = "killed";
  await waitUntil(() => viewer.id !== undefined || viewer.isOver, "the hello of the gateway");
  const { id } = viewer;
  const answer = await driver.request(`/api/sessions/${id}`, { method: "DELETE" });
  // A renewal may have cut the request off, which then has ended nothing.
  if (!answer) return viewer.leave("cut");
  // The session may have been ended by a renewal first.
  if (![204, 404].includes(answer.status)) driver.fault(`ending a session was answered with ${answer.status}`);
  await waitUntil(() => viewer.isOver, "the end of a killed session");
  if (answer.status === 204) driver.count("killed");
};

/** A stream that the source ends: all of it must arrive, however slowly the viewer reads. */
export const transfer: Action = async (driver, chance) => {
  const viewer = await driver.open(chance.pick(STEADY), { protocol: chance.pick(PROTOCOLS) });
  if (!viewer) return;
  viewer.mayEnd = "transfer";
  viewer.point(chance.below(30));
  viewer.order(1 + chance.below(MOST_MESSAGES), true);
  if (chance.below(3) === 0) await readSlowly(viewer, chance);
  await waitUntil(() => viewer.isOver, "the end of a stream");
  if (isOrderly(viewer)) {
    driver.count("streams");
    const missing = viewer.asked * MESSAGE_BYTES - viewer.check.bytes;
    if (missing !== 0) driver.fault(`${missing} bytes of a stream of ${viewer.source} did not arrive`);
  } else if (!driver.isDisturbed) driver.fault(`a stream of ${viewer.source} ended with ${viewer.ending}`);
  await viewer.waitUntilGone();
};

/** Where another viewer came within a second, the gateway says that the source has made room for it. */
function isOrderly({ close }: SoakViewer): boolean {
  return close?.code === 1000 || close?.code === 4409 || close?.reason.endsWith("second viewer") === true;
}

/** A viewer that stops reading again and again. */
async function readSlowly(viewer: SoakViewer, chance: Seeded): Promise<void> {
  for (let turns = 1 + chance.below(6); turns > 0 && !viewer.isOver; turns--) {
    viewer.raw.stopReading();
    await pause(chance.below(400));
    viewer.raw.readOn();
    await pause(chance.below(20));
  }
}

/** A source that is none: the session ends with a code, or its viewer loses patience. */
export const openHostile: Action = async (driver, chance) => {
  const source = chance.pick([...HOSTILE, "refused"]);
  const [protocol, patienceMs] = [chance.pick(PROTOCOLS), chance.below(6_000)];
  const viewer = await driver.open(source, { protocol, mayEnd: "hostile", patienceMs });
  driver.count("hostile sources");
  if (viewer) driver.fault(`${source} was opened`);
};

/** A client that never answers the gateway's close frame. */
export const leaveUnanswered: Action = async (driver, chance) => {
  const viewer = await driver.open(chance.pick(STEADY));
  if (!viewer) return;
  viewer.answersClose = false;
  viewer.mayEnd = "unanswered";
  viewer.order(1, true);
  await waitUntil(() => viewer.isOver, "the close frame");
  driver.count("unanswered closes");
  await pause(chance.below(3_000));
  viewer.raw.leave();
};

/** What ends a session at once: a text frame on a plain stream, and a message that no viewer sends. */
export const sendNonsense: Action = async (driver, chance) => {
  const isText = chance.below(2) === 0;
  const viewer = await driver.open(isText ? "plain" : "viewonly");
  if (!viewer) return;
  viewer.mayEnd = "nonsense";
  viewer.raw.send(isText ? "nonsense" : Uint8Array.of(77, 77, 77));
  await waitUntil(() => viewer.isOver, "the end of a session with nonsense");
  const expected = isText ? 1003 : 4400;
  if (viewer.close?.code !== expected && !driver.isDisturbed) driver.fault(`nonsense led to ${viewer.ending}`);
  driver.count("nonsense");
};

function pickHeld(driver: Driver, chance: Seeded): SoakViewer | undefined {
  const held = [...driver.held].filter((viewer) => viewer.isOpen);
  return held.length === 0 ? undefined : chance.pick(held);
}
