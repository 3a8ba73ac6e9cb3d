/** A gateway that is killed, whose files are damaged and whose clock goes back loses nothing that it answered as done. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type DurableGateway, type DurablePlace, type MadeLink, makeDurablePlace } from "../fakes/durable_gateway.ts";

/** Sets the clock of the process, as that of a machine without a battery: days ahead, then back. */
const CLOCK = `
const RealDate = Date;
const aheadMs = Number(Deno.readTextFileSync("clock")) * 86_400_000;
globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [RealDate.now() + aheadMs] : args));
  }
  static now() {
    return RealDate.now() + aheadMs;
  }
};
`;

/** What was answered as done. */
interface Done {
  readonly made: Map<string, MadeLink>;
  readonly revoked: MadeLink[];
}

/** Makes and revokes links until the process is killed, in the midst of its writes. */
async function changeUntilKilled(gateway: DurableGateway, { made, revoked }: Done, changes: number): Promise<void> {
  const change = async () => {
    const link = await gateway.makeLink();
    if (link) made.set(link.id, link);
    const [oldest] = made.values();
    if (!link || made.size < 4 || !oldest) return;
    made.delete(oldest.id);
    if (await gateway.revoke(oldest.id) === 204) revoked.push(oldest);
    else made.set(oldest.id, oldest);
    if (revoked.length >= changes) gateway.process.signal("SIGKILL");
  };
  while (revoked.length < changes) await Promise.all([change(), change()]).catch(() => {});
  await gateway.process.ended;
}

/** Every link that was revoked is gone. Those that were made are there, but for any whose revocation was cut off. */
async function assertKept(gateway: DurableGateway, { made, revoked }: Done): Promise<void> {
  const listed = JSON.parse((await gateway.ask("GET", "/api/sources/demo/links")).body) as { id: string }[];
  const ids = new Set(listed.map(({ id }) => id));
  assertEquals(revoked.filter(({ id }) => ids.has(id)), []);
  const missing = [...made.keys()].filter((id) => !ids.has(id));
  // Two were being revoked when the process ended: they may be gone although nobody was told.
  assertEquals([missing.length <= 2, made.size - missing.length > 0], [true, true], `${missing}`);
  for (const id of missing) made.delete(id);
  assertEquals(await gateway.opens(revoked.at(-1)!.secret), false);
}

function damage({ data }: DurablePlace, change: (path: string) => void): void {
  change(`${data}/share-links.json`);
  // What a crash in the midst of a write leaves.
  for (const end of ["", ".new"]) Deno.writeTextFileSync(`${data}/pins.json.${crypto.randomUUID()}${end}`, "{");
}

function listLeftovers({ data }: DurablePlace): string[] {
  return [...Deno.readDirSync(data)].map(({ name }) => name).filter((name) => /^pins\.json\.[^c]/.test(name));
}

Deno.test("what was answered as done survives kill -9, a damaged file and a clock that goes back", async () => {
  await using place = await makeDurablePlace();
  await place.write("clock.mjs", CLOCK);
  const done: Done = { made: new Map(), revoked: [] };
  for (const [round, daysAhead] of [20, 5, 0].entries()) {
    await place.write("clock", `${daysAhead}`);
    const gateway = await place.start({ preload: "./clock.mjs" });
    if (round > 0) await assertKept(gateway, done);
    if (round === 1) assertStringIncludes(gateway.process.said("stderr"), "share-links.json in the data folder is not");
    if (round === 2) {
      assertStringIncludes(gateway.process.said("stderr"), "share-links.json in the data folder was emptied");
    }
    assertEquals(listLeftovers(place), []);
    if (round === 2) break;
    await changeUntilKilled(gateway, done, 5 * (round + 1));
    damage(place, round === 0 ? (path) => Deno.truncateSync(path, 100) : (path) => Deno.writeTextFileSync(path, "{}"));
  }
});

Deno.test("a second gateway on the data folder exits with 1 and names the first; commands work beside it", async () => {
  await using place = await makeDurablePlace();
  const first = await place.start();
  const { code, stdout, stderr } = await place.run([]);
  assertEquals([code, stdout], [1, ""]);
  assertMatch(
    stderr,
    new RegExp(`^Another Porthole \\(process ${first.process.pid} on .+, since 20.+Z, at http://127`, "m"),
  );
  assertEquals(stderr.includes("    at "), false);
  assertEquals((await place.run(["check"])).code, 0);
});
