import { assertEquals, assertThrows } from "@std/assert";
import { Secret } from "../../../src/config/secret.ts";
import { LoginRefused, type RefusalKind } from "../../../src/rfb/refusal.ts";
import type { Credentials } from "../../../src/source/credentials.ts";
import { LoginGuard } from "../../../src/source/login_guard.ts";

const CONFIGURED = { password: new Secret("secret12") };
const TYPED = { password: new Secret("typed") };

function makeRig() {
  const clock = { ms: 1_000_000 };
  const guard = new LoginGuard(() => ({ title: "Pi", ...CONFIGURED }), () => clock.ms);
  return {
    clock,
    guard,
    fail: (credentials: Credentials, kind: RefusalKind) => guard.note(credentials, new LoginRefused(kind, "no")),
    refusal: (credentials: Credentials): RefusalKind | undefined => {
      try {
        guard.check(credentials);
      } catch (thrown) {
        return (thrown as LoginRefused).kind;
      }
    },
  };
}

Deno.test("a configured password that was refused is not tried again, but another one is", () => {
  const { fail, refusal, guard } = makeRig();
  assertEquals(refusal(CONFIGURED), undefined);
  fail(CONFIGURED, "wrong_secret");
  assertEquals([refusal(CONFIGURED), refusal(TYPED)], ["wrong_secret", undefined]);
  guard.forgive();
  assertEquals(refusal(CONFIGURED), undefined);
});

Deno.test("a wrong password that a user typed does not block the configured one", () => {
  const { fail, refusal } = makeRig();
  fail(TYPED, "wrong_secret");
  assertEquals([refusal(CONFIGURED), refusal(TYPED)], [undefined, undefined]);
});

Deno.test("three wrong passwords in a row cause a pause of a minute", () => {
  const { fail, refusal, clock } = makeRig();
  for (let wrong = 1; wrong <= 3; wrong++) {
    assertEquals(refusal(TYPED), undefined);
    fail(TYPED, "wrong_secret");
  }
  assertEquals(refusal(TYPED), "locked_out");
  clock.ms += 59_999;
  assertEquals(refusal(TYPED), "locked_out");
  clock.ms += 1;
  assertEquals(refusal(TYPED), undefined);
});

Deno.test("a right password between wrong ones resets the count", () => {
  const { fail, refusal, guard } = makeRig();
  for (const kind of ["wrong_secret", "wrong_secret", undefined, "wrong_secret", "wrong_secret"] as const) {
    if (kind) fail(TYPED, kind);
    else guard.note(TYPED);
  }
  assertEquals(refusal(TYPED), undefined);
});

Deno.test("each further lockout doubles the wait, up to 15 minutes", () => {
  const { fail, refusal, clock } = makeRig();
  for (const seconds of [11, 22, 44, 88, 176, 352, 704, 900, 900]) {
    fail(TYPED, "locked_out");
    clock.ms += seconds * 1_000 - 1;
    assertEquals(refusal(TYPED), "locked_out", `${seconds} s`);
    clock.ms += 1;
    assertEquals(refusal(TYPED), undefined, `${seconds} s`);
  }
});

Deno.test("the refusal says how long to wait, in a whole sentence with the source's title", () => {
  const { fail, guard, clock } = makeRig();
  fail(TYPED, "locked_out");
  clock.ms += 1_500;
  assertThrows(
    () => guard.check(TYPED),
    LoginRefused,
    "Cannot open Pi: there were too many failed logins; next try in 10 s",
  );
});

Deno.test("other failures change nothing", () => {
  const { fail, refusal, guard } = makeRig();
  for (const kind of ["ended", "overdue", "malformed", "no_type"] as const) fail(CONFIGURED, kind);
  guard.note(CONFIGURED, new Error("connection refused"));
  assertEquals(refusal(CONFIGURED), undefined);
});

Deno.test("whoever types wrong passwords without end does not keep the source closed to others", () => {
  const { clock, guard } = makeRig();
  const isOpenTo = (sender: string, credentials?: Credentials) => {
    try {
      guard.check(credentials, sender);
      return true;
    } catch {
      return false;
    }
  };
  let [seconds, closed] = [0, 0];
  for (; seconds < 6 * 3_600; seconds++, clock.ms += 1_000) {
    if (isOpenTo("eve")) guard.note(undefined, new LoginRefused("wrong_secret", "no"), "eve");
    if (!isOpenTo("ada")) closed++;
    if (!isOpenTo("eve", CONFIGURED)) closed++;
  }
  // Each pause of a minute counts twice. Before, it was all of the time.
  assertEquals(closed / 2 / seconds < 0.05, true, `${closed / 2} of ${seconds} s`);
});

Deno.test("a right password that a user types ends the user's own wait", () => {
  const { clock, guard } = makeRig();
  for (let wrong = 0; wrong < 4; wrong++) guard.note(TYPED, new LoginRefused("wrong_secret", "no"), "ada");
  clock.ms += 60_000;
  assertThrows(() => guard.check(TYPED, "ada"), LoginRefused);
  guard.check(TYPED, "bob");
  clock.ms += 60_000;
  guard.note(TYPED, undefined, "ada");
  guard.note(TYPED, new LoginRefused("wrong_secret", "no"), "ada");
  guard.check(TYPED, "ada");
});
