/** The question whether a WebSocket would open: its answer, beside the one that the WebSocket gets. */
import { assertEquals } from "@std/assert";
import type { Limits } from "../../src/config/config.ts";
import { FAILURES } from "../../src/errors.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { ADMIN, asUser, COOKIES, type GuardedGateway, startGuarded } from "../fakes/callers.ts";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { sendRaw, UPGRADE } from "../fakes/raw_http.ts";
import { openRaw } from "../fakes/raw_viewer.ts";
import { listenPatiently } from "../fakes/tcp_source.ts";

type Headers = Record<string, string>;

/** A refusal as a program sees it. */
interface Refusal {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: unknown;
}

async function askAdmission({ port }: TestGateway, headers: Headers, name: string): Promise<Refusal> {
  const path = `/api/sources/${name}/admission`;
  const { status, headers: found, body } = await sendRaw(port, { method: "POST", path, headers });
  return { status, retryAfter: found.get("retry-after") ?? undefined, body: body === "" ? "" : JSON.parse(body) };
}

async function tryUpgrade({ port }: TestGateway, headers: Headers, name: string): Promise<Refusal> {
  const { status, headers: found, body } = await sendRaw(port, {
    path: `/ws/vnc/${name}`,
    headers: { ...UPGRADE, ...headers },
  });
  return { status, retryAfter: found.get("retry-after") ?? undefined, body: JSON.parse(body) };
}

interface Case {
  headers?: Headers;
  name?: string;
}

/** Every refusal that the request alone decides, by a name that begins with its code. */
const REFUSALS: Readonly<Record<string, (rig: GuardedGateway, stack: AsyncDisposableStack) => Case | Promise<Case>>> = {
  "sign_in_required, without a credential": () => ({}),
  "sign_in_required, with an invalid token": () => ({ headers: { Authorization: "Bearer nonsense" } }),
  "sign_in_required, with a sign-in that has ended": ({ origin }) => ({
    headers: { Cookie: "porthole=ended", Origin: origin },
  }),
  "source_unknown, for a name that nobody has": () => ({ headers: ADMIN, name: "nobody" }),
  "source_unknown, for a name that is not valid": () => ({ headers: ADMIN, name: "..%2fpi" }),
  "source_unknown, for a source that is not allowed": (rig) => ({ headers: asUser("bob", rig) }),
  "origin_refused, for another site": (rig) => ({
    headers: { ...asUser("root", rig), Origin: "https://evil.example" },
  }),
  "origin_refused, for a cookie without an Origin": () => ({ headers: { Cookie: `porthole=${COOKIES.root}` } }),
  "host_refused": () => ({ headers: { ...ADMIN, Host: "rebound.example.com" } }),
  "headers_too_large": () => ({ headers: { ...ADMIN, "X-Large": "x".repeat(33_000) } }),
  "limit_reached, sessions": (rig, stack) => setLimits(rig, stack, { sessions: 1 }),
  "limit_reached, per_source": (rig, stack) => setLimits(rig, stack, { perSource: 1 }),
  "limit_reached, per_address": (rig, stack) => setLimits(rig, stack, { perAddress: 1 }),
  "limit_reached, per_user": async (rig, stack) => ({
    ...await setLimits(rig, stack, { perUser: 1 }),
    headers: asUser("root", rig),
  }),
  "limit_reached, handshakes": (rig, stack) => setLimits(rig, stack, { handshakes: 1 }),
  "limit_reached, connects_per_minute": (rig, stack) => setLimits(rig, stack, { connectsPerMinute: 1 }),
  "draining": async (rig) => {
    await rig.gateway.drain();
    return { headers: ADMIN };
  },
};

/** A page that does not answer the source's version stays in the handshake. */
const PAGE = { "Sec-WebSocket-Protocol": "porthole.v1" };

/** Sets limits that the one session of root, which has just begun, reaches. */
async function setLimits(rig: GuardedGateway, stack: AsyncDisposableStack, limits: Partial<Limits>): Promise<Case> {
  rig.live.current = { ...rig.live.current, limits: { ...rig.live.current.limits, ...limits } };
  const viewer = stack.use(await openRaw(rig.port, "/ws/vnc/pi", { ...asUser("root", rig), ...PAGE }));
  assertEquals(viewer.status, 101);
  return { headers: ADMIN };
}

for (const [title, make] of Object.entries(REFUSALS)) {
  Deno.test(`admission answers as the WebSocket does: ${title}`, async () => {
    await using rig = await startGuarded();
    await using stack = new AsyncDisposableStack();
    const { headers = {}, name = "pi" } = await make(rig, stack);
    const [code = ""] = title.split(",");
    const before = await askAdmission(rig, headers, name);
    const refusal = await tryUpgrade(rig, headers, name);
    const after = await askAdmission(rig, headers, name);
    for (const { status, body } of [before, refusal, after]) {
      assertEquals([status, (body as { code: string }).code], [FAILURES[code as keyof typeof FAILURES].status, code]);
    }
    assertEquals(before, refusal);
    assertEquals(after, refusal);
    assertEquals(refusal.retryAfter !== undefined, code === "limit_reached");
  });
}

Deno.test("admission is tested for every refusal of the WebSocket route", () => {
  const tested = new Set(Object.keys(REFUSALS).map((title) => title.split(",")[0]));
  const ofHandshakes = ["upgrade_required", "bad_request", "viewer_malformed"];
  const ofOtherRoutes = [
    "busy",
    "not_found",
    "method_not_allowed",
    "provider_unreachable",
    "body_too_large",
    "request_timeout",
    "not_allowed",
    "not_stored",
  ];
  const afterUpgrade = Object.keys(FAILURES).filter((code) =>
    /^vnc_|changed$|renewed$|removed$|^taken_over$/.test(code)
  );
  const others = new Set([...ofHandshakes, ...ofOtherRoutes, ...afterUpgrade, "overloaded", "internal"]);
  const expected = Object.entries(FAILURES).filter(([code, { status }]) => status !== null && !others.has(code));
  assertEquals([...tested].sort(), expected.map(([code]) => code).sort());
});

async function startPatient(limits: string) {
  const source = listenPatiently();
  const gateway = await startGateway(
    `auth: none\nlimits: ${limits}\nsources:\n  pi: { host: 127.0.0.1, port: ${source.port} }\n`,
  );
  return {
    ...gateway,
    source,
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]().then(() => source[Symbol.asyncDispose]()),
  };
}

Deno.test("admission takes nothing from a limit and opens nothing", async () => {
  await using rig = await startPatient("{ sessions: 1, connects_per_minute: 2, handshakes: 1 }");
  for (let at = 0; at < 20; at++) assertEquals((await askAdmission(rig, {}, "pi")).status, 204);
  assertEquals([rig.gateway.registry.size, rig.source.accepted], [0, 0]);
  for (let at = 0; at < 2; at++) {
    await using viewer = await openRaw(rig.port);
    assertEquals(viewer.status, 101);
    assertEquals((await askAdmission(rig, {}, "pi")).status, 429);
    await viewer.sendClose();
    await viewer.gone;
    await waitUntil(() => rig.gateway.registry.size === 0);
  }
  assertEquals((await askAdmission(rig, {}, "pi")).status, 429);
});
