/** What must hold whenever the lanes rest. */
import { waitUntil } from "../fakes/wait_until.ts";
import type { Driver } from "./driver.ts";

/** Descriptors that come and go by themselves: timers of the runtime, a probe, a connection kept logged in. */
const SPARE_DESCRIPTORS = 8;
/** How much the memory may grow in a run, and a minute; either alone is noise. */
const MOST_GROWTH_MIB = 64;
const MOST_SLOPE_MIB = 1;

/** What the gateway costs while nothing is open. */
export interface Sample {
  readonly minute: number;
  readonly descriptors: number;
  readonly memoryMib: number;
}

/** Checks everything while no lane acts, ends every session, and measures what is left. */
export async function checkAll(
  driver: Driver,
  minute: number,
  before: readonly Sample[],
  settleMs: number,
): Promise<Sample> {
  await expect(driver, "the sessions of the gateway are those of its viewers", () => isRegistryTrue(driver));
  for (const viewer of driver.held) viewer.leave("close");
  await Promise.all([...driver.held].map((viewer) => viewer.waitUntilGone()));
  driver.held.clear();
  for (const each of driver.idle) each.close();
  driver.idle.clear();
  await expect(driver, "no session is left", async () => (await countSessions(driver)).size === 0);
  for (const path of ["/healthz", "/readyz"]) {
    const answer = await driver.request(path, { headers: {} });
    if (answer && answer.status !== 200) driver.fault(`${path} was answered with ${answer.status}: ${answer.body}`);
  }
  const base = before[0]?.descriptors;
  if (base !== undefined) {
    await expect(
      driver,
      "the descriptors come back",
      () => driver.gateway.countDescriptors() <= base + SPARE_DESCRIPTORS,
    );
  }
  readLog(driver);
  return { minute, ...await measureAtRest(driver, settleMs) };
}

/** The least of some seconds: what was freed goes back to the system a little later. */
async function measureAtRest({ gateway }: Driver, settleMs: number): Promise<Omit<Sample, "minute">> {
  const endMs = performance.now() + settleMs;
  let [descriptors, memoryMib] = [gateway.countDescriptors(), gateway.readMemory()];
  while (performance.now() < endMs) {
    await new Promise((done) => setTimeout(done, 250));
    descriptors = Math.min(descriptors, gateway.countDescriptors());
    memoryMib = Math.min(memoryMib, gateway.readMemory());
  }
  return { descriptors, memoryMib };
}

async function expect(driver: Driver, what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  await waitUntil(look, what).catch((error: Error) => driver.fault(error.message));
}

/** Sessions by source, as the gateway lists them. */
async function countSessions({ gateway }: Driver): Promise<Map<string, number>> {
  const { status, body } = await gateway.request("/api/sessions").catch(() => ({ status: 0, body: "" }));
  if (status !== 200) return new Map([[`status ${status}`, 1]]);
  return countBySource(JSON.parse(body));
}

async function isRegistryTrue(driver: Driver): Promise<boolean> {
  const [listed, held] = [await countSessions(driver), countBySource([...driver.held].filter(({ isOver }) => !isOver))];
  return listed.size === held.size && [...held].every(([source, count]) => listed.get(source) === count);
}

function countBySource(all: readonly { source: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { source } of all) counts.set(source, (counts.get(source) ?? 0) + 1);
  return counts;
}

/** Every line is one of the log, and an error is one that the driver has provoked. */
export function readLog(driver: Driver): void {
  for (const line of driver.gateway.takeLines()) {
    try {
      const { level, message, code } = JSON.parse(line);
      const isProvoked = /sources\.yaml:\d+/.test(message);
      if ((level === "error" && !isProvoked) || code === "internal") driver.fault(`the log says ${line}`);
    } catch {
      driver.fault(`stderr says ${line}`);
    }
  }
}

/** MiB a minute that the memory grows, as the median of the slopes between any two samples (Theil and Sen). */
export function measureSlope(samples: readonly Sample[]): number {
  const slopes = samples.flatMap((one, at) =>
    samples.slice(at + 1).map((other) => (other.memoryMib - one.memoryMib) / (other.minute - one.minute))
  ).sort((one, other) => one - other);
  return slopes[slopes.length >> 1] ?? 0;
}

/** The samples after the first third: until then, the program warms up. */
export function pickWarm(samples: readonly Sample[]): readonly Sample[] {
  return samples.slice(Math.floor(samples.length / 3));
}

/** Checks that the memory does not grow with the time. */
export function checkMemory(driver: Pick<Driver, "fault">, samples: readonly Sample[]): void {
  const warm = pickWarm(samples);
  const [first, last] = [warm[0], warm.at(-1)];
  // Absent where the program ended before the first check.
  if (first === undefined || last === undefined) return;
  const [slope, minutes] = [measureSlope(warm), last.minute - first.minute];
  if (slope > MOST_SLOPE_MIB && slope * minutes > MOST_GROWTH_MIB) {
    driver.fault(`the memory grows by ${slope.toFixed(1)} MiB a minute`);
  }
}
