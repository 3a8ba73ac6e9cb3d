import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { createFileReader, type FileReader } from "../../../src/files/file_reader.ts";
import { type Audit, type AuditLine, createAudit, openAudit } from "../../../src/telemetry/audit.ts";
import { createAuditSink } from "../../../src/telemetry/audit_sink.ts";
import { waitUntil } from "../../fakes/wait_until.ts";

async function inFolder(run: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const SIGN_IN = { event: "sign_in", who: "ada", from: "10.0.0.1", outcome: "ok" } as const;
const REFUSED = { event: "refused", from: "10.0.0.1", what: "/", outcome: "sign_in_required" } as const;

/** Opens an audit log that tries again soon. */
function open(path: string, options: Partial<Parameters<typeof openAudit>[0]> = {}): Promise<Audit> {
  return openAudit({ path, reader: createFileReader(), retryMs: 5, ...options });
}

const readLines = (file: string) =>
  Deno.readTextFileSync(file).trimEnd().split("\n").map((line) => JSON.parse(line) as AuditLine);

Deno.test("the audit log is JSON lines that only its owner can read, and continues after a restart", () =>
  inFolder(async (folder) => {
    const file = `${folder}/data/audit.log`;
    const first = await open(file, { now: () => 0 });
    first.note(SIGN_IN);
    await first.close();
    const again = await open(file, { now: () => 1000 });
    again.note({ ...SIGN_IN, who: 'forged"\n{"event":"sign_in"}' });
    await again.close();
    const lines = readLines(file);
    assertEquals(lines.map(({ time }) => time), ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:01.000Z"]);
    assertEquals(again.list(10), lines.toReversed());
    assertEquals(Deno.statSync(file).mode! & 0o777, 0o600);
  }));

Deno.test("no character of the audit log's file reverses text, hides or controls a terminal", () =>
  inFolder(async (folder) => {
    const file = `${folder}/audit.log`;
    const audit = await open(file);
    const who = "a\u202eb\u2066c\x1b[2Jd\x85\x7f\u2028\u200b\ufeff\u{e0041}é漢🙂\ud800";
    audit.note({ ...SIGN_IN, who });
    await audit.close();
    const text = Deno.readTextFileSync(file).trimEnd();
    assertMatch(text, /^[\P{C}]+$/u);
    assertStringIncludes(text, "\\u202e");
    assertStringIncludes(text, "é漢🙂");
    assertEquals(JSON.parse(text).who, who);
  }));

Deno.test("the audit log ignores a line that a crash has cut off, which does not spoil the next one", () =>
  inFolder(async (folder) => {
    const file = `${folder}/audit.log`;
    const audit = await open(file);
    audit.note(SIGN_IN);
    await audit.close();
    Deno.writeTextFileSync(file, '{"time":"2026', { append: true });
    const again = await open(file);
    assertEquals(again.list(10).length, 1);
    for (const who of ["ada", "bob"]) again.note({ ...SIGN_IN, who });
    await again.close();
    assertEquals((await open(file)).list(10).map(({ who }) => who), ["bob", "ada", SIGN_IN.who]);
    assertEquals(Deno.readTextFileSync(file).trimEnd().split("\n").length, 4);
  }));

Deno.test("lines of another shape are not listed", () =>
  inFolder(async (folder) => {
    const line = { time: "2026-01-01T00:00:00.000Z", ...SIGN_IN };
    Deno.writeTextFileSync(`${folder}/audit.log`, `null\n7\n[]\n${JSON.stringify(line)}\n\0\0\0\n{"time":1}\n`);
    assertEquals((await open(`${folder}/audit.log`)).list(9), [line]);
  }));

Deno.test("the audit log is rotated, and a few old files are kept", () =>
  inFolder(async (folder) => {
    const audit = await open(`${folder}/audit.log`, { rotateAtBytes: 250, keep: 2 });
    for (let count = 0; count < 20; count++) audit.note(SIGN_IN);
    await audit.close();
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "audit.log",
      "audit.log.1",
      "audit.log.2",
    ]);
  }));

Deno.test("a flood of refusals is limited to twenty lines a minute, and the next line has the number of dropped ones", () => {
  let ms = 0;
  const audit = createAudit({ now: () => ms });
  for (let count = 0; count < 10_000; count++) audit.note(REFUSED);
  audit.note({ ...REFUSED, from: "10.0.0.2" });
  assertEquals(audit.list(1_000).length, 21);
  ms = 60_000;
  audit.note(REFUSED);
  assertEquals(audit.list(1)[0]?.left_out, 9_980);
});

Deno.test("lines that cannot be written are kept, told once, and written in order when that is possible again", () =>
  inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/data`, "in the way");
    const told: string[] = [];
    const audit = await open(`${folder}/data/audit.log`, { onFault: (fault) => told.push(fault) });
    for (const who of ["a", "b"]) audit.note({ ...SIGN_IN, who });
    await waitUntil(() => audit.fault !== undefined);
    audit.note({ ...SIGN_IN, who: "c" });
    Deno.removeSync(`${folder}/data`);
    await waitUntil(() => audit.fault === undefined);
    await audit.close();
    assertEquals(readLines(`${folder}/data/audit.log`).map(({ who }) => who), ["a", "b", "c"]);
    assertEquals([told.length, audit.lost, audit.list(10).length], [1, 0, 3]);
  }));

Deno.test("the first line is written at once, and what comes soon after a write is written together", () =>
  inFolder(async (folder) => {
    const path = `${folder}/audit.log`;
    let writes = 0;
    const { guard } = createFileReader();
    const reader: FileReader = {
      ...createFileReader(),
      guard: (name, work) => {
        writes++;
        return guard(name, work);
      },
    };
    const audit = await open(path, { reader, gatherMs: 60_000 });
    writes = 0;
    audit.note({ ...SIGN_IN, who: "0" });
    await waitUntil(async () => await Deno.stat(path).then(({ size }) => size > 0, () => false));
    for (let who = 1; who < 50; who++) {
      await delay(0);
      audit.note({ ...SIGN_IN, who: String(who) });
    }
    assertEquals(writes, 1);
    await audit.close();
    assertEquals(writes, 2);
    assertEquals(readLines(path).map(({ who }) => Number(who)), Array.from({ length: 50 }, (_, who) => who));
  }));

Deno.test("lines beyond the queue are lost, and the file says how many at their place", () =>
  inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/data`, "in the way");
    const audit = await open(`${folder}/data/audit.log`);
    const what = "x".repeat(1_000);
    for (let count = 0; count < 3_000; count++) audit.note({ ...SIGN_IN, what });
    await waitUntil(() => audit.fault !== undefined);
    const { lost } = audit;
    assert(lost > 500, `${lost} lines are lost`);
    Deno.removeSync(`${folder}/data`);
    await waitUntil(() => audit.list(1)[0]?.event === "lines_lost");
    audit.note(SIGN_IN);
    await audit.close();
    const lines = readLines(`${folder}/data/audit.log`);
    assertEquals(lines.length, 3_000 - lost + 2);
    const at = lines.findIndex(({ event }) => event === "lines_lost");
    assertEquals([lines[at]?.left_out, lines.at(-1)?.what], [lost, undefined]);
  }));

Deno.test("an audit log that is a folder is told, and does not keep the gateway from closing", () =>
  inFolder(async (folder) => {
    const told: string[] = [];
    await Deno.mkdir(`${folder}/audit.log`);
    const audit = await open(`${folder}/audit.log`, { onFault: (fault) => told.push(fault) });
    audit.note(SIGN_IN);
    await audit.close();
    assertEquals([told, audit.fault], [["it is a folder, not a file"], "it is a folder, not a file"]);
  }));

/** A server that accepts lines after a number of refusals. */
function startCollector(refusals: number) {
  const received: AuditLine[] = [];
  const asked: string[] = [];
  const enough = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    asked.push(request.headers.get("authorization") ?? "");
    const text = await request.text();
    if (asked.length <= refusals) return new Response("later", { status: 503 });
    received.push(...text.trimEnd().split("\n").map((line) => JSON.parse(line)));
    if (received.length >= 3) enough.resolve();
    return new Response("ok");
  });
  const url = new URL(`http://127.0.0.1:${(server.addr as Deno.NetAddr).port}/in`);
  return { received, asked, url, enough: enough.promise, [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test("the sink delivers every line once and in order, although the server refuses at first", async () => {
  await using collector = startCollector(2);
  const failures: unknown[] = [];
  await using sink = createAuditSink({
    url: collector.url,
    token: "t",
    firstWaitMs: 1,
    onFailure: (cause) => failures.push(cause),
  });
  const audit = createAudit({ sink: sink.send });
  for (const who of ["a", "b", "c"]) audit.note({ ...SIGN_IN, who });
  await collector.enough;
  assertEquals(collector.received.map(({ who }) => who), ["a", "b", "c"]);
  assertEquals([failures.length, collector.asked[0]], [1, "Bearer t"]);
  assertStringIncludes(String(failures[0]), "503");
});

Deno.test("queued lines are sent when the gateway stops", async () => {
  await using collector = startCollector(0);
  const sink = createAuditSink({ url: collector.url });
  for (const who of ["a", "b", "c"]) sink.send({ time: "", ...SIGN_IN, who });
  await sink[Symbol.asyncDispose]();
  assertEquals(collector.received.length, 3);
});

Deno.test("while the server does not answer, a limited number of lines is queued, and the dropped ones are counted", async () => {
  let lost = 0;
  const options = { url: new URL("http://127.0.0.1:1/"), fetch: () => Promise.reject(new Error("down")) };
  const sink = createAuditSink({ ...options, onFailure: (_cause, dropped) => lost = dropped });
  for (let count = 0; count < 6_000; count++) sink.send({ time: "", ...SIGN_IN });
  await sink[Symbol.asyncDispose]();
  assertEquals(lost, 1_000);
});
