import { assertEquals } from "@std/assert";
import { PortholeError } from "../../../src/errors.ts";
import type { SessionUser } from "../../../src/session/session_user.ts";
import { Sweep, type Swept } from "../../../src/session/sweep.ts";
import { createLog } from "../../../src/telemetry/log.ts";

const ENDED = new PortholeError("not_allowed", "Your permission to open this screen has ended");
const STALLED = new PortholeError("viewer_stalled", "The viewer read nothing for 30 s");

/** Sessions that note with what reason they were ended. */
class Rig {
  readonly lines: string[] = [];
  readonly ended: [id: string, code: string][] = [];
  readonly sessions: Swept[] = [];
  readonly sweep = new Sweep(() => [...this.sessions]);

  add(id: string, user: Partial<SessionUser>, viewer: Partial<Swept["viewer"]> = {}): void {
    this.sessions.push({
      id,
      user: { address: "10.0.0.1", ...user },
      viewer: { explainStall: () => undefined, idleMs: 0, ...viewer } as Swept["viewer"],
      log: createLog({ write: (line) => this.lines.push(line) }),
      end: ({ code }) => void this.ended.push([id, code]),
    });
  }
}

Deno.test("a permission is asked about once, however many sessions stand on it, and ends them all", async () => {
  const rig = new Rig();
  let [asked, others] = [0, 0];
  for (const id of ["a", "b", "c"]) {
    rig.add(id, { permission: "ada on pi", whyEnd: () => Promise.resolve(void asked++).then(() => ENDED) });
  }
  rig.add("d", { permission: "ada on tv", whyEnd: () => Promise.resolve(void others++) });
  rig.add("e", { whyEnd: () => Promise.resolve(void others++) });
  await rig.sweep.look();
  assertEquals([asked, others], [1, 2]);
  assertEquals(rig.ended, [["a", "not_allowed"], ["b", "not_allowed"], ["c", "not_allowed"]]);
});

Deno.test("a session that begins during a look is not ended by what was found out before", async () => {
  const rig = new Rig();
  const answer = Promise.withResolvers<PortholeError>();
  rig.add("a", { permission: "ada on pi", whyEnd: () => answer.promise });
  const look = rig.sweep.look();
  await Promise.resolve();
  rig.add("b", { permission: "ada on pi", whyEnd: () => Promise.resolve(undefined) });
  answer.resolve(ENDED);
  await look;
  assertEquals(rig.ended, [["a", "not_allowed"]]);
});

Deno.test("a viewer that stalled or idles ends its session, whatever its permission", async () => {
  const rig = new Rig();
  const whyEnd = () => Promise.resolve(undefined);
  rig.add("stalled", { permission: "ada", whyEnd }, { explainStall: () => STALLED });
  rig.add("idle", { permission: "ada", whyEnd, idleLimitMs: 3_000 }, { idleMs: 3_000 });
  rig.add("busy", { permission: "ada", whyEnd, idleLimitMs: 3_000 }, { idleMs: 2_999 });
  rig.add("never", { permission: "ada", whyEnd, idleLimitMs: 0 }, { idleMs: 1e9 });
  await rig.sweep.look();
  assertEquals(rig.ended, [["stalled", "viewer_stalled"], ["idle", "idle"]]);
});

Deno.test("a permission that cannot be checked ends no session, and one line says so", async () => {
  const rig = new Rig();
  for (const id of ["a", "b"]) {
    rig.add(id, { permission: "ada", whyEnd: () => Promise.reject(new Error("The store does not answer")) });
  }
  rig.add("c", { permission: "bob", whyEnd: () => Promise.resolve(ENDED) });
  await rig.sweep.look();
  assertEquals(rig.ended, [["c", "not_allowed"]]);
  assertEquals(rig.lines.filter((line) => line.includes("Cannot check permissions")).length, 1);
});
