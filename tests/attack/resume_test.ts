/** Attacks on sessions that wait for their viewers, and on the memory that they keep. */
import { assert, assertEquals } from "@std/assert";
import { PortholeError } from "../../src/errors.ts";
import { ADMIN, COOKIES, makeStores, writeGuardedYaml } from "../fakes/callers.ts";
import { enterDesktop } from "../fakes/enter_desktop.ts";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { ENTERED_BYTES, listenEchoing, listenFlooding } from "../fakes/open_source.ts";
import { openRaw } from "../fakes/raw_viewer.ts";
import { sendRaw } from "../fakes/raw_http.ts";
import { ResumablePage } from "../fakes/resumable_page.ts";
import { waitUntil } from "../fakes/wait_until.ts";

const KEY = Uint8Array.of(4, 1, 0, 0, 0, 0, 0, 0x61);
const MIB = 1024 ** 2;
/** Their windows together would be several times the cap. */
const HELD = 32;
const STOP = new PortholeError("session_ended_by_admin", "The test is over");

/** A page of ada's on the source that everybody may open, inside its desktop. */
async function enter(gateway: TestGateway, headers: Record<string, string> = asUser(gateway, "ada")) {
  const page = await ResumablePage.open(`${gateway.wsOrigin}/ws/vnc/desk`, { headers });
  await enterDesktop(page);
  return page;
}

const asUser = ({ origin }: TestGateway, name: keyof typeof COOKIES) => ({
  Cookie: `porthole=${COOKIES[name]}`,
  Origin: origin,
});

async function startGuarded(port: number, limits = ""): Promise<TestGateway> {
  const yaml = writeGuardedYaml(port).replace(
    "connects_per_minute: 1000 ",
    `${limits || "connects_per_minute: 1000"} `,
  );
  return startGateway(yaml, { stores: await makeStores() });
}

/** The session carries bytes, and its source has noticed nothing. */
async function assertCarries(page: ResumablePage): Promise<void> {
  const before = page.byteCount;
  page.send(KEY);
  await page.until(({ byteCount }) => byteCount >= before + KEY.length);
}

/** Says this token on a new link; gives the code of the refusal, or nothing when it leads to a session. */
async function sayToken(gateway: TestGateway, { token, headers, source = "desk", received = 0 }: {
  token: string;
  headers: Record<string, string>;
  source?: string;
  received?: number;
}): Promise<unknown> {
  const thief = new ResumablePage(`${gateway.wsOrigin}/ws/vnc/${source}`, { headers });
  thief.resume({ token, received });
  await thief.until(({ links }) => links > 0 || thief.last("goodbye") !== undefined);
  if (thief.last("goodbye")) await thief.closed;
  return thief.last("goodbye")?.code;
}

async function readMetric({ port }: TestGateway, name: string): Promise<number> {
  const { body } = await sendRaw(port, { path: "/metrics", headers: ADMIN });
  return Number(new RegExp(`^${name} (.*)$`, "m").exec(body)?.[1]);
}

const untilHeld = (gateway: TestGateway, count = 1) =>
  waitUntil(
    () => gateway.gateway.registry.list().filter(({ viewer }) => viewer.isHeld).length === count,
    "held sessions",
  );

Deno.test("a stolen token is worth nothing to another user, on another sign-in or source, and its owner keeps it", async () => {
  await using source = listenEchoing();
  await using gateway = await startGuarded(source.port);
  await using page = await enter(gateway);
  await page.cut();
  const { token } = page;
  const [ada, bob] = [asUser(gateway, "ada"), asUser(gateway, "bob")];
  assertEquals(await sayToken(gateway, { token, headers: bob }), "resume_refused");
  assertEquals(await sayToken(gateway, { token, headers: ADMIN }), "resume_refused");
  assertEquals(await sayToken(gateway, { token, headers: ada, source: "pi" }), "resume_refused");
  // Nobody who may not open the source comes as far as the token.
  const ask = async (path: string, headers: Record<string, string>) => {
    await using stranger = await openRaw(gateway.port, path, { "Sec-WebSocket-Protocol": "porthole.v1", ...headers });
    return stranger.status;
  };
  assertEquals(await ask("/ws/vnc/desk?resume=held", {}), 401);
  assertEquals(await ask("/ws/vnc/pi?resume=held", bob), 404);
  assertEquals(await ask("/ws/vnc/desk?resume=held", { ...ada, Origin: "https://evil.example" }), 403);
  await page.comeBack();
  await assertCarries(page);
  assertEquals(source.accepted, 1);
  const refusals = gateway.gateway.audit.list(100).filter(({ outcome }) => outcome === "resume_refused");
  assertEquals(refusals.map(({ who }) => who), ["ada", "token:admin", "bob"]);
});

Deno.test("nobody takes the place of another user's held session", async () => {
  await using source = listenEchoing();
  await using gateway = await startGuarded(source.port, "per_source: 1, per_address: 2, connects_per_minute: 1000");
  await using page = await enter(gateway);
  await page.cut();
  await untilHeld(gateway);
  for (const headers of [asUser(gateway, "bob"), ADMIN]) {
    const protocol = { "Sec-WebSocket-Protocol": "porthole.v1" };
    await using other = await openRaw(gateway.port, "/ws/vnc/desk?resume=new", { ...protocol, ...headers });
    assertEquals(other.status, 429);
  }
  await page.comeBack();
  await assertCarries(page);
  assertEquals(source.accepted, 1);
});

Deno.test("a token is good for one return: replayed and guessed ones are refused, and then limited", async () => {
  await using source = listenEchoing();
  await using gateway = await startGuarded(source.port, "connects_per_minute: 5");
  await using page = await enter(gateway);
  await using beside = await enter(gateway, asUser(gateway, "bob"));
  const used = page.token;
  await page.cut();
  await page.comeBack();
  const headers = asUser(gateway, "ada");
  const codes: unknown[] = [];
  for (const token of [used, page.token.slice(1), "", "x".repeat(43), used, used, used]) {
    codes.push(await sayToken(gateway, { token, headers }));
  }
  assertEquals(codes, [...Array(5).fill("resume_refused"), "limit_reached", "limit_reached"]);
  // Those who have sessions here come back all the same, however often.
  for (let cut = 0; cut < 8; cut++) {
    await beside.cut();
    await beside.comeBack();
  }
  for (const each of [page, beside]) await assertCarries(each);
  const log = JSON.stringify([gateway.lines, gateway.gateway.audit.list(100)]);
  for (const token of [used, page.token]) assert(!log.includes(token), "no token is in a log");
});

Deno.test("of two pages with one token, one has the session in the end, and the other is refused", async () => {
  await using source = listenEchoing();
  await using gateway = await startGuarded(source.port);
  await using page = await enter(gateway);
  await page.cut();
  const thieves = [1, 2].map(() => new ResumablePage(`${gateway.wsOrigin}/ws/vnc/desk`, page));
  for (const thief of thieves) {
    thief.received = page.received;
    thief.resume(page);
  }
  await Promise.race(thieves.map(({ closed }) => closed));
  const [loser, winner] = thieves.toSorted((a, b) => Number(a.isConnected) - Number(b.isConnected));
  await winner!.until(({ links }) => links > 0);
  await assertCarries(winner!);
  // One that was in for a moment may have been given a token, which is void, as is the one that both had.
  if (loser!.last("goodbye") === undefined) loser!.resume(loser!.links > 0 ? loser : page);
  await loser!.closed;
  assertEquals(loser!.last("goodbye")?.code, "resume_refused");
  assertEquals(gateway.gateway.registry.size, 1);
});

Deno.test("links that do not say their token take no session's place, and are few", async () => {
  await using source = listenEchoing();
  await using gateway = await startGuarded(source.port, "connects_per_minute: 1000, handshakes: 8");
  await using page = await enter(gateway);
  await page.cut();
  const headers = { ...asUser(gateway, "bob"), "Sec-WebSocket-Protocol": "porthole.v1" };
  const silent = await Promise.all(
    Array.from({ length: 20 }, () => openRaw(gateway.port, "/ws/vnc/desk?resume=held", headers)),
  );
  const statuses = silent.map(({ status }) => status);
  assertEquals([statuses.filter((status) => status === 101).length, new Set(statuses)], [3, new Set([101, 429])]);
  await page.comeBack();
  await assertCarries(page);
  await using beside = await enter(gateway, asUser(gateway, "bob"));
  await assertCarries(beside);
  assertEquals(gateway.gateway.registry.size, 2);
  for (const viewer of silent) await viewer[Symbol.asyncDispose]();
});

Deno.test("many held sessions of sources that never stop sending stay within the cap", async () => {
  await using source = listenFlooding();
  await using echo = listenEchoing();
  await using gateway = await startGateway(`auth: none
limits: { unacknowledged: 1MiB, sessions: 500, per_source: 500, per_address: 500, connects_per_minute: 1000 }
sources:
  flood: { host: 127.0.0.1, port: ${source.port} }
  desk: { host: 127.0.0.1, port: ${echo.port} }
`);
  const pages: ResumablePage[] = [];
  for (let at = 0; at < HELD; at++) {
    const page = await ResumablePage.open(`${gateway.wsOrigin}/ws/vnc/flood`);
    pages.push(page);
    await enterDesktop(page);
    await page.cut();
  }
  await untilHeld(gateway, HELD);
  await using beside = await enter(gateway, {});
  const keptBytes = await readMetric(gateway, "porthole_unacknowledged_bytes");
  assert(keptBytes > MIB / 2 && keptBytes < 2 * MIB, `${keptBytes} bytes`);
  await assertCarries(beside);
  // Each of them still comes back.
  await pages[HELD - 1]!.comeBack();
  await Promise.all(pages.map((page) => page.close()));
  gateway.gateway.registry.endWhere(({ source }) => source.name === "flood", STOP);
  await waitUntil(() => gateway.gateway.registry.size === 1);
});

Deno.test("a viewer that never acknowledges costs its window, and is disconnected", async () => {
  await using source = listenFlooding();
  await using gateway = await startGuarded(source.port, "connects_per_minute: 1000, stall: 1s");
  await using page = await ResumablePage.open(`${gateway.wsOrigin}/ws/vnc/desk`, {
    headers: asUser(gateway, "ada"),
    acknowledges: false,
  });
  await enterDesktop(page);
  await page.until(() => page.last("goodbye") !== undefined);
  assertEquals(page.last("goodbye")?.code, "viewer_stalled");
  assert(page.byteCount < MIB, `${page.byteCount} bytes`);
});

for (const lie of [1, 1e15, -ENTERED_BYTES - 1]) {
  Deno.test(`acknowledging ${lie} bytes more than arrived ends the session of the liar alone`, async () => {
    await using source = listenEchoing();
    await using gateway = await startGuarded(source.port);
    await using beside = await enter(gateway, asUser(gateway, "bob"));
    await using page = await enter(gateway);
    await page.until(() => page.last("hello") !== undefined);
    page.sendRaw(JSON.stringify({ type: "ack", received: Math.max(0, page.received + lie) }));
    await page.until(() => page.last("goodbye") !== undefined);
    assertEquals(page.last("goodbye")?.code, "viewer_malformed");
    await waitUntil(() => gateway.gateway.registry.size === 1);
    await assertCarries(beside);
  });
}

Deno.test("a position that the page cannot have reached is refused, and ends its session", async () => {
  await using source = listenEchoing();
  await using gateway = await startGuarded(source.port);
  await using page = await enter(gateway);
  await page.cut();
  const { token, received, headers } = page;
  assertEquals(await sayToken(gateway, { token, headers, received: received + 1 }), "viewer_malformed");
  await waitUntil(() => gateway.gateway.registry.size === 0);
  assertEquals(gateway.lines.findLast(({ message }) => message === "Session ended")?.code, "viewer_malformed");
});
