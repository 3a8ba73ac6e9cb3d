import { assertEquals } from "@std/assert";
import type { LoginRefused } from "../../../src/rfb/refusal.ts";
import { LoginWatch } from "../../../src/rfb/login_watch.ts";
import { explainClose, watchPatience } from "../../../src/session/login_patience.ts";
import { ManualTimers } from "../../fakes/manual_timers.ts";

function makeRig() {
  const timers = new ManualTimers();
  const login = new LoginWatch({ version: "3.8" });
  const told: string[] = [];
  const patience = watchPatience(login, {
    timeoutMs: 60_000,
    onAsking: () => told.push("asking"),
    onUnanswered: (refusal: LoginRefused) => told.push(refusal.kind),
    setTimer: timers.set,
  });
  const down = (...bytes: number[]) => login.push("down", Uint8Array.of(...bytes));
  const up = (...bytes: number[]) => login.push("up", Uint8Array.of(...bytes));
  return { timers, told, login, patience, down, up };
}

Deno.test("a source that does not go on seems to ask its user, and has login_timeout to let the viewer in", () => {
  const { timers, told, patience, down, up } = makeRig();
  down(1, 1);
  up(1);
  assertEquals([told, patience.hasAsked], [[], false]);
  timers.pass(6_000);
  assertEquals([told, patience.hasAsked], [["asking"], true]);
  timers.pass(50_000);
  assertEquals(told, ["asking"]);
  timers.pass(9_000);
  assertEquals(told, ["asking", "unanswered"]);
});

Deno.test("a user who types a password has all the time in the world, and the source after that its own", () => {
  const { timers, told, patience, down, up } = makeRig();
  down(1, 2);
  up(2);
  down(...new Array(16).fill(7));
  timers.pass(600_000);
  assertEquals(told, []);
  up(...new Array(16).fill(9));
  timers.pass(40_000);
  assertEquals(told, ["asking"]);
  down(0, 0, 0, 0);
  patience.stop();
  timers.pass(600_000);
  assertEquals([told, patience.hasAsked], [["asking"], false]);
});

Deno.test("a close after a long wait is a refusal while the login lasts, and none once it cannot be followed", () => {
  const { timers, login, patience, down, up } = makeRig();
  timers.pass(6_000);
  assertEquals(explainClose(login, patience, "Pi")?.kind, "declined");
  down(1, 99);
  up(99);
  assertEquals([login.isLost, explainClose(login, patience, "Pi")], [true, undefined]);
  timers.pass(6_000);
  assertEquals(timers.waiting, 0);
});
