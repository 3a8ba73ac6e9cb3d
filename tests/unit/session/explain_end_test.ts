import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { SourceConfig } from "../../../src/config/config.ts";
import { PortholeError } from "../../../src/errors.ts";
import { LoginRefused } from "../../../src/rfb/refusal.ts";
import { type EndedSession, explainEnd } from "../../../src/session/explain_end.ts";

type Rough = Partial<Omit<EndedSession, "source">> & { name?: string; port?: number };

/** A session that has been open since the clock's zero. */
function makeSession({ name = "pi", port = 5900, ...more }: Rough = {}): EndedSession {
  const config = { name, title: "The Pi", target: { kind: "tcp", hostname: "pi", port } };
  const source = { config: config as SourceConfig } as EndedSession["source"];
  return { source, state: "open", enteredAtMs: 0, opened: undefined, user: { address: "10.0.0.1" }, ...more };
}

const CLOSED = new PortholeError("source_closed", "The VNC server closed the connection");
const ADA = { address: "10.0.0.1", name: "ada", isUser: true };
const BOB = { address: "10.0.0.2", name: "bob", isUser: true };
const GUEST = { address: "10.0.0.3", name: "link:12" };

/** Explains the end of a session at 10 s; `onWait` may change the others on the way. */
async function explain(
  session: EndedSession,
  others: EndedSession[],
  { reason = CLOSED, onWait = (_ms: number) => {} } = {},
) {
  let nowMs = 10_000;
  const found = await explainEnd(session, reason, new AbortController().signal, {
    list: () => [session, ...others],
    now: () => nowMs,
    wait: (ms) => Promise.resolve(onWait(nowMs += ms)),
  });
  return { code: found.code, message: found.message, waitedMs: nowMs - 10_000 };
}

Deno.test("a session is taken over when the source closes it within a second of another's arrival", async () => {
  for (
    const [enteredAtMs, code] of [[9_000, "taken_over"], [8_999, "source_closed"], [10_000, "taken_over"]] as const
  ) {
    assertEquals((await explain(makeSession(), [makeSession({ enteredAtMs })])).code, code, String(enteredAtMs));
  }
});

Deno.test("a session is taken over by one that arrives within a second after its end", async () => {
  const late = { ...makeSession(), state: "handshake", enteredAtMs: undefined as number | undefined } as const;
  const taker: { -readonly [Key in keyof EndedSession]: EndedSession[Key] } = late;
  const onWait = (nowMs: number) => {
    if (nowMs === 10_500) taker.enteredAtMs = nowMs;
  };
  assertEquals(await explain(makeSession(), [taker], { onWait }), {
    code: "taken_over",
    message: "Another viewer has taken over this screen",
    waitedMs: 500,
  });
});

Deno.test("a source that only closes is told at once if nobody else is coming, else after a second", async () => {
  assertEquals((await explain(makeSession(), [])).waitedMs, 0);
  const elsewhere = makeSession({ name: "tv", port: 5901, enteredAtMs: 10_000 });
  const longThere = makeSession({ enteredAtMs: 1_000 });
  assertEquals(await explain(makeSession(), [elsewhere, longThere]), {
    code: "source_closed",
    message: CLOSED.message,
    waitedMs: 0,
  });
  const { opened, ...asking } = makeSession({ state: "handshake" });
  const waiting = { ...asking, opened, enteredAtMs: undefined };
  const { code, waitedMs } = await explain(makeSession(), [waiting]);
  assertEquals([code, waitedMs], ["source_closed", 1_050]);
});

Deno.test("a server that goes down and takes the newcomer with it has not been taken over", async () => {
  const taker: { -readonly [Key in keyof EndedSession]: EndedSession[Key] } = makeSession({ enteredAtMs: 9_900 });
  const onWait = (nowMs: number) => {
    if (nowMs === 10_200) taker.state = "closing";
  };
  assertEquals((await explain(makeSession(), [taker], { onWait })).code, "source_closed");
});

Deno.test("the session that came last takes over, not one that was there before", async () => {
  const before = makeSession({ enteredAtMs: 9_500, user: ADA });
  const last = makeSession({ enteredAtMs: 9_900, user: BOB });
  const { message } = await explain(makeSession({ enteredAtMs: 9_700, user: ADA }), [before, last]);
  assertEquals(message, "bob has taken over this screen");
});

Deno.test("one VNC server under two names is one server", async () => {
  const alias = makeSession({ name: "pi-for-guests", enteredAtMs: 9_900 });
  assertEquals((await explain(makeSession(), [alias])).code, "taken_over");
});

Deno.test("only users who signed in learn who took over, and only other users are named", async () => {
  const name = async (user: EndedSession["user"], taker: EndedSession["user"]) =>
    (await explain(makeSession({ user }), [makeSession({ enteredAtMs: 9_900, user: taker })])).message;
  assertEquals(await name(ADA, BOB), "bob has taken over this screen");
  assertEquals(await name(ADA, ADA), "You have opened this screen in another window or on another device");
  const anybody = { address: "10.0.0.9", name: "anybody" };
  for (const [user, taker] of [[GUEST, BOB], [BOB, GUEST], [GUEST, GUEST], [anybody, anybody]] as const) {
    assertEquals(await name(user, taker), "Another viewer has taken over this screen");
  }
});

const STATE = "the server closed after the login: it does not accept another viewer";
const SECOND = "and the server does not accept a second viewer";

Deno.test("a viewer that the server turns away after the login learns who has the screen", async () => {
  const reason = new LoginRefused("busy", STATE, { title: "The Pi" });
  const opening = makeSession({ state: "handshake", user: ADA });
  const entering = { ...opening, enteredAtMs: undefined };
  assertEquals((await explain(entering, [], { reason })).message, `Cannot open The Pi: ${STATE}`);
  const explainAgainst = async (user: EndedSession["user"]) =>
    (await explain(entering, [makeSession({ user })], { reason })).message;
  assertEquals(await explainAgainst(BOB), `Cannot open The Pi: bob has it open, ${SECOND}`);
  const you = "you have it open in another window or on another device";
  assertEquals(await explainAgainst(ADA), `Cannot open The Pi: ${you}, ${SECOND}`);
  assertEquals(await explainAgainst(GUEST), `Cannot open The Pi: another viewer has it open, ${SECOND}`);
});

Deno.test("so does one that logged in by itself and got no desktop", async () => {
  const login = { hasEntered: true } as NonNullable<EndedSession["opened"]>["login"];
  const passed = { ...makeSession({ user: ADA }), enteredAtMs: undefined, opened: { login } as EndedSession["opened"] };
  const found = await explain(passed, [makeSession({ user: BOB })]);
  assertEquals([found.code, found.message], ["vnc_refused", `Cannot open The Pi: bob has it open, ${SECOND}`]);
  assertEquals((await explain(passed, [])).message, `Cannot open The Pi: ${STATE}`);
});

Deno.test("and one that the server closes within a second of its own arrival, if the other one stays", async () => {
  const justIn = makeSession({ enteredAtMs: 9_000, user: ADA });
  const there: { -readonly [Key in keyof EndedSession]: EndedSession[Key] } = makeSession({ user: BOB });
  assertEquals(await explain(justIn, [there]), {
    code: "vnc_refused",
    message: `Cannot open The Pi: bob has it open, ${SECOND}`,
    waitedMs: 300,
  });
  assertEquals((await explain(makeSession({ enteredAtMs: 8_999 }), [there])).code, "source_closed");
  const onWait = () => {
    there.state = "closing";
  };
  assertEquals((await explain(justIn, [there], { onWait })).code, "source_closed");
});

Deno.test("and one that the server closes at the door, before it let it in", async () => {
  const atDoor = { ...makeSession({ state: "handshake", user: ADA }), enteredAtMs: undefined };
  const found = await explain(atDoor, [makeSession({ user: BOB })]);
  assertEquals([found.code, found.message], ["vnc_refused", `Cannot open The Pi: bob has it open, ${SECOND}`]);
  assertEquals((await explain(atDoor, [])).code, "source_closed");
});

Deno.test("every other reason stays as it is, and an end while it waits goes before", async () => {
  const idle = new PortholeError("idle", "Idle");
  assertEquals((await explain(makeSession(), [makeSession({ enteredAtMs: 9_900 })], { reason: idle })).code, "idle");
  const abort = new AbortController();
  const waiting = { ...makeSession({ state: "dialing" }), enteredAtMs: undefined };
  const explaining = explainEnd(makeSession(), CLOSED, abort.signal, { list: () => [waiting] });
  abort.abort(idle);
  assertMatch(String((await assertRejects(() => explaining)) as unknown), /Idle/);
});
