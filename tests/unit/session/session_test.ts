import { assert, assertEquals } from "@std/assert";
import { PortholeError } from "../../../src/errors.ts";
import { Session } from "../../../src/session/session.ts";
import { SessionEvents } from "../../../src/session/session_events.ts";
import { viewSession } from "../../../src/web/session_view.ts";
import { createLog } from "../../../src/telemetry/log.ts";
import { makeScriptedSource } from "../../fakes/scripted_source.ts";
import { openViewerSocketPair } from "../../fakes/viewer_socket_pair.ts";

/** A session that has begun, with both of its ends in the test's hands. */
async function startRig({ protocol, settings, viewOnly }: {
  protocol?: "porthole.v1";
  settings?: string;
  viewOnly?: boolean;
} = {}) {
  const pair = await openViewerSocketPair(protocol);
  const scripted = await makeScriptedSource("pi", settings);
  const events = new SessionEvents();
  const heard: string[] = [];
  events.subscribe({
    onState: ({ state }) => heard.push(state),
    onOpened: (_session, { detail }) => heard.push(`opened ${detail}`),
    onClosing: (_session, { code }) => heard.push(`closing ${code}`),
  });
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ format: "json", level: "debug", write: (line) => lines.push(JSON.parse(line)) });
  const clock = { ms: 1_000 };
  const user = { address: "10.0.0.1", name: "ada", ...(viewOnly === undefined ? {} : { viewOnly }) };
  const session = new Session({ source: scripted.source, viewer: pair.gateway, user }, {
    log,
    events,
    now: () => clock.ms,
  });
  const ended = session.run();
  return {
    ...pair,
    scripted,
    session,
    ended,
    events,
    heard,
    lines,
    clock,
    async [Symbol.asyncDispose]() {
      session.end(new PortholeError("draining", "The test is over"));
      scripted.fail(new Error("The test is over"));
      await ended;
      scripted.far.close();
      await pair[Symbol.asyncDispose]();
    },
  };
}

async function readSome(stream: { readable: ReadableStream<Uint8Array<ArrayBuffer>> }): Promise<Uint8Array> {
  const reader = stream.readable.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return value ?? new Uint8Array();
}

async function write(stream: { writable: WritableStream<Uint8Array> }, bytes: Uint8Array): Promise<void> {
  const writer = stream.writable.getWriter();
  await writer.write(bytes);
  writer.releaseLock();
}

Deno.test("a session goes through its states, passes bytes both ways and counts them", async () => {
  await using rig = await startRig();
  const { viewer } = await rig.scripted.asked;
  viewer.noteConnected();
  rig.scripted.open();
  await write(rig.scripted.far, Uint8Array.of(1, 2, 3));
  await rig.viewer.until(({ byteCount }) => byteCount === 3);
  rig.viewer.send(Uint8Array.of(4, 5));
  assertEquals(await readSome(rig.scripted.far), Uint8Array.of(4, 5));
  rig.scripted.far.close();
  assertEquals((await rig.ended).code, "source_closed");
  assertEquals(rig.session.count, { upBytes: 2, downBytes: 3 });
  const { code, up, down, seconds } = rig.lines.findLast(({ message }) => message === "Session ended")!;
  assertEquals([code, up, down, seconds], ["source_closed", 2, 3, 0]);
  assertEquals(rig.heard, [
    "dialing",
    "handshake",
    "open",
    "opened RFB 3.8, None",
    "closing",
    "closing source_closed",
    "ended",
  ]);
  assertEquals((await rig.viewer.closed).code, 1000);
});

Deno.test("a viewer that leaves while the source is being opened ends the session, and the source is closed", async () => {
  await using rig = await startRig();
  const { signal } = await rig.scripted.asked;
  rig.viewer.socket.close();
  assertEquals((await rig.ended).code, "viewer_left");
  assert(signal.aborted);
  rig.scripted.open();
  await rig.scripted.far.readable.getReader().read().catch(() => {});
  assert(rig.scripted.isClosed(), "what was opened too late stayed open");
  assertEquals(rig.heard.includes("open"), false);
});

Deno.test("a source that fails to open ends the session with its error, and the page receives the sentence", async () => {
  await using rig = await startRig({ protocol: "porthole.v1" });
  await rig.scripted.asked;
  rig.scripted.fail(new PortholeError("vnc_refused", "Cannot reach pi: connection refused"));
  assertEquals((await rig.ended).code, "vnc_refused");
  const goodbye = rig.viewer.side.find(({ type }) => type === "goodbye");
  assertEquals([goodbye?.code, goodbye?.close, goodbye?.message], [
    "vnc_refused",
    4502,
    "Cannot reach pi: connection refused",
  ]);
});

Deno.test("any other exception is an internal error, whose cause is only in the log", async () => {
  await using rig = await startRig({ protocol: "porthole.v1" });
  await rig.scripted.asked;
  rig.scripted.fail(new Error("secret detail"));
  assertEquals((await rig.ended).code, "internal");
  assert(!JSON.stringify(rig.viewer.side).includes("secret detail"));
  const line = rig.lines.find(({ message, level }) => message === "Session ended" && level !== "debug");
  assertEquals([line?.level, line?.cause], ["error", "Error: secret detail"]);
});

Deno.test("end() before the source is open aborts opening with its reason; the first reason is kept", async () => {
  await using rig = await startRig();
  const { signal } = await rig.scripted.asked;
  rig.session.end(new PortholeError("source_changed", "Changed"));
  rig.session.end(new PortholeError("draining", "Restarting"));
  assertEquals([(await rig.ended).code, rig.session.endedBy?.code, (signal.reason as PortholeError).code], [
    "source_changed",
    "source_changed",
    "source_changed",
  ]);
  assertEquals((await rig.viewer.closed).code, 1012);
});

Deno.test("end() of an open session closes the source before the viewer", async () => {
  await using rig = await startRig({ protocol: "porthole.v1" });
  rig.scripted.open();
  await rig.viewer.until(({ side }) => side.some(({ type }) => type === "hello"));
  const closing = Promise.withResolvers<boolean>();
  rig.events.subscribe({ onState: ({ state }) => state === "ended" && closing.resolve(rig.scripted.isClosed()) });
  rig.session.end(new PortholeError("not_allowed", "No more"));
  assert(await closing.promise);
  assertEquals(rig.viewer.side.at(-1)?.type, "goodbye");
});

Deno.test("the page receives the states, then a hello, and pings", async () => {
  await using rig = await startRig({ protocol: "porthole.v1", settings: "{ host: 127.0.0.1, clipboard: out }" });
  (await rig.scripted.asked).viewer.noteConnected();
  rig.scripted.open();
  await rig.viewer.until(({ side }) => side.some(({ type }) => type === "hello"));
  assert(rig.viewer.side.some(({ type }) => type === "ping"));
  const states = rig.viewer.side.filter(({ type }) => type === "state").map(({ state }) => state);
  assertEquals([states.at(-2), states.at(-1)], ["handshake", "open"]);
  assertEquals(rig.viewer.side.find(({ type }) => type === "hello"), {
    type: "hello",
    session: rig.session.id,
    source: "pi",
    title: "pi",
    view_only: false,
    clipboard: "out",
    clipboard_limit: 1024 ** 2,
    mode: "pass_through",
    security: "None",
    version: "3.8",
  });
});

Deno.test("a page is pinged while its source is being opened, so that it notices a dead connection", async () => {
  await using rig = await startRig({ protocol: "porthole.v1" });
  await rig.scripted.asked;
  await rig.viewer.until(({ side }) => side.some(({ type }) => type === "ping"));
  assertEquals(rig.session.state, "dialing");
});

Deno.test("the handshake asks the page for credentials, but cannot ask a plain viewer", async () => {
  await using page = await startRig({ protocol: "porthole.v1" });
  const { viewer, signal } = await page.scripted.asked;
  assert(viewer.canAsk);
  const answer = viewer.ask(["password"], signal, "wrong");
  await page.viewer.until(({ side }) => side.some(({ type }) => type === "ask"));
  page.viewer.send(JSON.stringify({ type: "credentials", password: "secret12" }));
  assertEquals((await answer).password?.reveal(), "secret12");
  await using plain = await startRig();
  assertEquals((await plain.scripted.asked).viewer.canAsk, false);
});

Deno.test("view-only comes from the source or from the user", async () => {
  for (
    const [settings, viewOnly, expected] of [
      ["{ host: a }", false, false],
      ["{ host: a }", true, true],
      ["{ host: a, view_only: true }", false, true],
    ] as const
  ) {
    await using rig = await startRig({ protocol: "porthole.v1", settings, viewOnly });
    assertEquals((await rig.scripted.asked).viewer.viewOnly, expected);
    rig.scripted.open();
    await rig.viewer.until(({ side }) => side.some(({ type }) => type === "hello"));
    assertEquals(rig.viewer.side.find(({ type }) => type === "hello")?.view_only, expected);
  }
});

Deno.test("a listener that throws does not end the session, and the next one is still called", async () => {
  await using rig = await startRig();
  const heard: string[] = [];
  rig.events.subscribe({
    onOpened: () => {
      throw new Error("broken listener");
    },
  });
  rig.events.subscribe({ onOpened: () => void heard.push("next") });
  rig.scripted.open();
  await write(rig.scripted.far, Uint8Array.of(1));
  await rig.viewer.until(({ byteCount }) => byteCount === 1);
  assertEquals(heard, ["next"]);
  assert(rig.lines.some(({ cause }) => cause === "Error: broken listener"));
});

Deno.test("viewSession() describes a session, and omits fields that are not known yet", async () => {
  await using rig = await startRig();
  await rig.scripted.asked;
  const before = viewSession(rig.session);
  assertEquals(before, {
    id: rig.session.id,
    source: "pi",
    state: "dialing",
    address: "10.0.0.1",
    user: "ada",
    started: new Date(rig.session.startedAtMs).toISOString(),
    up_bytes: 0,
    down_bytes: 0,
    detail: "",
  });
  rig.scripted.open();
  await write(rig.scripted.far, Uint8Array.of(1));
  await rig.viewer.until(({ byteCount }) => byteCount === 1);
  const { state, mode, detail, down_bytes } = viewSession(rig.session);
  assertEquals([state, mode, detail, down_bytes], ["open", "pass_through", "RFB 3.8, None", 1]);
});

Deno.test("a page is told when the title of its screen changes, once the session is open", async () => {
  await using rig = await startRig({ protocol: "porthole.v1" });
  await rig.scripted.asked;
  const rename = (title: string) => {
    rig.scripted.source.config = { ...rig.session.source.config, title };
    rig.session.greet();
  };
  rename("While it connects");
  rig.scripted.open();
  await rig.viewer.until(({ side }) => side.some(({ type }) => type === "hello"));
  rename("While it is open");
  rig.session.greet();
  await rig.viewer.until(({ side }) => side.filter(({ type }) => type === "hello").length === 2);
  const titles = rig.viewer.side.filter(({ type }) => type === "hello").map(({ title }) => title);
  assertEquals(titles, ["While it connects", "While it is open"]);
  assertEquals(rig.session.source.config.title, "While it is open");
});
