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

Deno.test("the trail is JSON lines for its owner only, and goes on after a restart", () =>
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

Deno.test("the trail passes over a line that a crash cut off", () =>
  inFolder((folder) => {
    const file = `${folder}/audit.log`;
    createAudit({ file }).note(SIGN_IN);
    Deno.writeTextFileSync(file, '{"time":"2026', { append: true });
    assertEquals(createAudit({ file }).list(10).length, 1);
  }));

Deno.test("the trail moves on to a new file and keeps a few old ones", () =>
  inFolder((folder) => {
    const audit = createAudit({ file: `${folder}/audit.log`, rotateAtBytes: 250, keep: 2 });
    for (let count = 0; count < 20; count++) audit.note(SIGN_IN);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "audit.log",
      "audit.log.1",
      "audit.log.2",
    ]);
  }));

Deno.test("a flood of refusals gets twenty lines a minute, and says how many were left out", () => {
  let ms = 0;
  const audit = createAudit({ now: () => ms });
  for (let count = 0; count < 10_000; count++) audit.note(REFUSED);
  audit.note({ ...REFUSED, from: "10.0.0.2" });
  assertEquals(audit.list(1_000).length, 21);
  ms = 60_000;
  audit.note(REFUSED);
  assertEquals(audit.list(1)[0]?.left_out, 9_980);
});

Deno.test("a trail that cannot be written says so once and goes on", () =>
  inFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/data`, "in the way");
    const told: unknown[] = [];
    const audit = createAudit({ file: `${folder}/data/audit.log`, onFailure: (cause) => told.push(cause) });
    audit.note(SIGN_IN);
    audit.note(SIGN_IN);
    assertEquals([told.length, audit.list(10).length], [1, 2]);
  }));

/** An address that takes lines, after refusing as often as it is told to. */
function startTaker(refusals: number) {
  const taken: AuditLine[] = [];
  const asked: string[] = [];
  const enough = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    asked.push(request.headers.get("authorization") ?? "");
    const text = await request.text();
    if (asked.length <= refusals) return new Response("later", { status: 503 });
    taken.push(...text.trimEnd().split("\n").map((line) => JSON.parse(line)));
    if (taken.length >= 3) enough.resolve();
    return new Response("ok");
  });
  const url = new URL(`http://127.0.0.1:${(server.addr as Deno.NetAddr).port}/in`);
  return { taken, asked, url, enough: enough.promise, [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test("the second place gets every line once and in order, though it refuses at first", async () => {
  await using taker = startTaker(2);
  const failures: unknown[] = [];
  await using sink = createAuditSink({
    url: taker.url,
    token: "t",
    firstWaitMs: 1,
    onFailure: (cause) => failures.push(cause),
  });
  const audit = createAudit({ sink: sink.send });
  for (const who of ["a", "b", "c"]) audit.note({ ...SIGN_IN, who });
  await taker.enough;
  assertEquals(taker.taken.map(({ who }) => who), ["a", "b", "c"]);
  assertEquals([failures.length, taker.asked[0]], [1, "Bearer t"]);
  assertStringIncludes(String(failures[0]), "503");
});

Deno.test("what still waits is sent when the gateway stops", async () => {
  await using taker = startTaker(0);
  const sink = createAuditSink({ url: taker.url });
  for (const who of ["a", "b", "c"]) sink.send({ time: "", ...SIGN_IN, who });
  await sink[Symbol.asyncDispose]();
  assertEquals(taker.taken.length, 3);
});

Deno.test("a second place that never answers holds a bounded number of lines, and counts the others", async () => {
  let lost = 0;
  const options = { url: new URL("http://127.0.0.1:1/"), fetch: () => Promise.reject(new Error("down")) };
  const sink = createAuditSink({ ...options, onFailure: (_cause, dropped) => lost = dropped });
  for (let count = 0; count < 6_000; count++) sink.send({ time: "", ...SIGN_IN });
  await sink[Symbol.asyncDispose]();
  assertEquals(lost, 1_000);
});
