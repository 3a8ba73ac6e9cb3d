import { assertEquals, assertStringIncludes } from "@std/assert";
import { type AuditLine, createAudit } from "../../../src/telemetry/audit.ts";
import { createAuditSink } from "../../../src/telemetry/audit_sink.ts";

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

Deno.test("the audit log is JSON lines that only its owner can read, and continues after a restart", () =>
  inFolder((folder) => {
    const file = `${folder}/data/audit.log`;
    createAudit({ file, now: () => 0 }).note(SIGN_IN);
    const again = createAudit({ file, now: () => 1000 });
    again.note({ ...SIGN_IN, who: 'forged"\n{"event":"sign_in"}' });
    const lines = Deno.readTextFileSync(file).trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals(lines.map(({ time }) => time), ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:01.000Z"]);
    assertEquals(again.list(10), lines.toReversed());
    assertEquals(Deno.statSync(file).mode! & 0o777, 0o600);
  }));

Deno.test("the audit log ignores a line that a crash has cut off, which does not spoil the next one", () =>
  inFolder((folder) => {
    const file = `${folder}/audit.log`;
    createAudit({ file }).note(SIGN_IN);
    Deno.writeTextFileSync(file, '{"time":"2026', { append: true });
    const audit = createAudit({ file });
    assertEquals(audit.list(10).length, 1);
    for (const who of ["ada", "bob"]) audit.note({ ...SIGN_IN, who });
    assertEquals(createAudit({ file }).list(10).map(({ who }) => who), ["bob", "ada", SIGN_IN.who]);
    assertEquals(Deno.readTextFileSync(file).trimEnd().split("\n").length, 4);
  }));

Deno.test("lines of another shape are not listed, and what is no file is neither read nor written", () =>
  inFolder((folder) => {
    const line = { time: "2026-01-01T00:00:00.000Z", ...SIGN_IN };
    Deno.writeTextFileSync(`${folder}/audit.log`, `null\n7\n[]\n${JSON.stringify(line)}\n\0\0\0\n{"time":1}\n`);
    assertEquals(createAudit({ file: `${folder}/audit.log` }).list(9), [line]);
    const failures: unknown[] = [];
    Deno.mkdirSync(`${folder}/other.log`);
    const audit = createAudit({ file: `${folder}/other.log`, onFailure: (cause) => failures.push(cause) });
    audit.note(SIGN_IN);
    assertEquals([audit.list(9).length, failures.length], [1, 1]);
    assertStringIncludes(String(failures[0]), "is not a regular file");
  }));

Deno.test("the audit log is rotated, and a few old files are kept", () =>
  inFolder((folder) => {
    const audit = createAudit({ file: `${folder}/audit.log`, rotateAtBytes: 250, keep: 2 });
    for (let count = 0; count < 20; count++) audit.note(SIGN_IN);
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

Deno.test("an audit log that cannot be written is reported once, and the gateway goes on", () =>
  inFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/data`, "in the way");
    const told: unknown[] = [];
    const audit = createAudit({ file: `${folder}/data/audit.log`, onFailure: (cause) => told.push(cause) });
    audit.note(SIGN_IN);
    audit.note(SIGN_IN);
    assertEquals([told.length, audit.list(10).length], [1, 2]);
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
