/** One request for each answer that the description of the JSON interface documents. */
import { NotStored } from "../../src/store/store.ts";
import { ADMIN, asUser, COOKIES, type GuardedGateway, startGuarded, TOKENS } from "../fakes/callers.ts";
import { rsaKey } from "../fakes/login_meeting.ts";
import { sendRaw } from "../fakes/raw_http.ts";
import { serve } from "../fakes/rfb_security/serve.ts";
import { playSource } from "../fakes/rfb_security/source.ts";
import { startFakeRfb } from "../fakes/rfb_server.ts";
import { RfbViewer } from "../fakes/rfb_viewer.ts";
import type { SocketStream } from "../fakes/socket_stream.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { asByteStream } from "../fakes/web_stream.ts";
import { openViewer } from "../fakes/web_viewer.ts";

type Headers = Readonly<Record<string, string>>;

/** One request that brings about one documented answer. */
export interface Case {
  headers?: Headers;
  body?: unknown;
  /** For what names in the path stand; `name` is "pi" when left out. */
  path?: Readonly<Record<string, string>>;
  query?: string;
}

type MakeCase = Case | ((rig: GuardedGateway, stack: AsyncDisposableStack) => Promise<Case>);

const VIEWER = { Authorization: `Bearer ${TOKENS.viewer}` };

/** What the guards refuse, alike for every operation. */
export const GUARDED: Readonly<Record<string, Case>> = {
  sign_in_required: {},
  host_refused: { headers: { ...ADMIN, Host: "rebound.example.com" } },
  headers_too_large: { headers: { ...ADMIN, "X-Large": "x".repeat(33_000) } },
  origin_refused: { headers: { Cookie: `porthole=${COOKIES.root}`, Origin: "https://evil.example" } },
  body_too_large: { headers: ADMIN, body: { label: "x".repeat(70_000) } },
};
const UNKNOWN: Case = { headers: ADMIN, path: { name: "nobody" } };
const NO_ID: Case = { headers: ADMIN, path: { id: "nothing" } };

/** By operation and answer: the status of a success, the code of an error. */
export const CASES: Readonly<Record<string, MakeCase>> = {
  "GET /api/sources 200": withSession,
  "GET /api/sources bad_request": { headers: ADMIN, query: "?limit=0" },
  "GET /api/sources/{name} 200": withSession,
  "GET /api/sources/{name} source_unknown": UNKNOWN,
  "GET /api/sources/{name} limit_reached": withGuesses,
  "GET /api/sources/{name}/probe 200": { headers: ADMIN },
  "GET /api/sources/{name}/probe source_unknown": UNKNOWN,
  "GET /api/sources/{name}/probe limit_reached": withGuesses,
  "POST /api/sources/{name}/admission 204": { headers: ADMIN },
  "POST /api/sources/{name}/admission source_unknown": UNKNOWN,
  "POST /api/sources/{name}/admission limit_reached": withFullSource,
  "POST /api/sources/{name}/admission draining": (rig) => rig.gateway.drain().then(() => ({ headers: ADMIN })),
  "POST /api/sources/{name}/retry 204": { headers: ADMIN },
  "POST /api/sources/{name}/retry source_unknown": UNKNOWN,
  "POST /api/sources/{name}/retry limit_reached": withGuesses,
  "POST /api/sources/{name}/retry not_allowed": { headers: VIEWER },
  "GET /api/sources/{name}/links 200": { headers: ADMIN },
  "GET /api/sources/{name}/links source_unknown": UNKNOWN,
  "GET /api/sources/{name}/links limit_reached": withGuesses,
  "POST /api/sources/{name}/links 201": {
    headers: ADMIN,
    body: { role: "control", expires: "2h", uses: 3, label: "for Anna" },
  },
  "POST /api/sources/{name}/links source_unknown": UNKNOWN,
  "POST /api/sources/{name}/links bad_request": { headers: ADMIN, body: { role: "owner" } },
  "POST /api/sources/{name}/links not_allowed": { headers: VIEWER },
  "POST /api/sources/{name}/links limit_reached": withEveryLink,
  "POST /api/sources/{name}/links not_stored": (rig) => withFullDisk(rig).then(() => ({ headers: ADMIN })),
  "DELETE /api/sources/{name}/links/{id} 204": withLink,
  "DELETE /api/sources/{name}/links/{id} source_unknown": UNKNOWN,
  "DELETE /api/sources/{name}/links/{id} limit_reached": withGuesses,
  "DELETE /api/sources/{name}/links/{id} not_found": NO_ID,
  "DELETE /api/sources/{name}/links/{id} not_stored": (rig) => withFullDisk(rig).then(() => withLink(rig)),
  "GET /api/sessions 200": withSession,
  "DELETE /api/sessions/{id} 204": withSession,
  "DELETE /api/sessions/{id} not_found": NO_ID,
  "GET /api/sign-ins 200": (rig) => Promise.resolve({ headers: asUser("root", rig) }),
  "DELETE /api/sign-ins/{id} 204": withSignIn,
  "DELETE /api/sign-ins/{id} not_found": NO_ID,
  "DELETE /api/sign-ins/{id} not_stored": (rig) => withFullDisk(rig).then(() => withSignIn(rig)),
  "GET /api/audit 200": withEvents,
  "GET /api/audit not_allowed": { headers: VIEWER },
  "GET /api/audit bad_request": { headers: ADMIN, query: "?limit=0" },
  "GET /api/openapi.json 200": { headers: VIEWER },
};

/** A gateway with one more source, `live`, that is a whole VNC server. */
export async function startWithLive(): Promise<GuardedGateway> {
  const fakes = [await startFakeRfb(), await startFakeRfb({ script: proveKey })];
  const [live, proven] = fakes.map(({ port }) => port);
  const rig = await startGuarded(
    `  live: { host: 127.0.0.1, port: ${live}, group: Upstairs }\n  proven: { host: 127.0.0.1, port: ${proven} }`,
  );
  const end = rig[Symbol.asyncDispose];
  const stop = async () => {
    await end();
    for (const fake of fakes) await fake[Symbol.asyncDispose]();
  };
  return { ...rig, [Symbol.asyncDispose]: stop };
}

/** A source with an RSA key, so that its probe has a warning. */
async function proveKey(stream: SocketStream): Promise<void> {
  await serve(stream, playSource({ types: [129], key: rsaKey })).catch(() => {});
  await stream.ended;
}

/** An open session of a page that has answered a ping; the names in the path mean it and its source. */
export async function withSession(rig: GuardedGateway, stack: AsyncDisposableStack): Promise<Case> {
  const page = stack.use(openViewer(`${rig.wsOrigin}/ws/vnc/live`, ["porthole.v1"], asUser("ada", rig)));
  await RfbViewer.open(asByteStream(page));
  // The hello begins the pings anew, so that the one before it may be answered too late.
  const findPing = () =>
    page.side.slice(page.side.findIndex(({ type }) => type === "hello") + 1 || Infinity)
      .find(({ type }) => type === "ping");
  await page.until(() => findPing() !== undefined);
  page.send(JSON.stringify({ type: "pong", id: findPing()!.id }));
  await page.until(({ side }) => side.some(({ type }) => type === "rtt"));
  return { headers: ADMIN, path: { name: "live", id: rig.gateway.registry.list()[0]!.id } };
}

async function withFullSource(rig: GuardedGateway, stack: AsyncDisposableStack): Promise<Case> {
  rig.live.current = { ...rig.live.current, limits: { ...rig.live.current.limits, perSource: 1 } };
  return await withSession(rig, stack);
}

/** Names that could be tokens are guessed until the limit on connections is reached. */
async function withGuesses(rig: GuardedGateway): Promise<Case> {
  rig.live.refreshTokens = () => Promise.resolve();
  rig.live.current = { ...rig.live.current, limits: { ...rig.live.current.limits, connectsPerMinute: 1 } };
  await sendRaw(rig.port, { path: "/api/sources/nobody", headers: ADMIN });
  return UNKNOWN;
}

async function withLink(rig: GuardedGateway): Promise<Case> {
  const { body } = await sendRaw(rig.port, { path: "/api/sources/pi/links", headers: ADMIN });
  return { headers: ADMIN, path: { id: JSON.parse(body)[0].id } };
}

async function withEveryLink(rig: GuardedGateway): Promise<Case> {
  let status = 201;
  while (status === 201) {
    status = (await sendRaw(rig.port, { method: "POST", path: "/api/sources/pi/links", headers: ADMIN })).status;
  }
  return { headers: ADMIN };
}

/** From here on, no change of a link or a sign-in can be stored. */
function withFullDisk({ stores }: GuardedGateway): Promise<void> {
  for (const store of [stores.links, stores.signIns]) {
    store.put = store.delete = () => Promise.reject(new NotStored("the gateway's disk is full"));
  }
  return Promise.resolve();
}

async function withSignIn(rig: GuardedGateway): Promise<Case> {
  const headers = asUser("ada", rig);
  const { body } = await sendRaw(rig.port, { path: "/api/sign-ins", headers });
  return { headers, path: { id: JSON.parse(body)[0].id } };
}

/** An audit log with a session from its begin to its end, a link, a refusal and a sign-in that ended. */
async function withEvents(rig: GuardedGateway): Promise<Case> {
  await using stack = new AsyncDisposableStack();
  const { path } = await withSession(rig, stack);
  await sendRaw(rig.port, { method: "DELETE", path: `/api/sessions/${path!.id}`, headers: ADMIN });
  await sendRaw(rig.port, { method: "POST", path: "/api/sources/pi/links", headers: ADMIN });
  await sendRaw(rig.port, { method: "POST", path: "/api/sources/pi/links", headers: VIEWER });
  await sendRaw(rig.port, { method: "POST", path: "/sign-out", headers: asUser("ada", rig) });
  const hasEnded = () => rig.gateway.audit.list(50).some(({ event }) => event === "session_ended");
  await waitUntil(hasEnded);
  return { headers: ADMIN, query: "?limit=50" };
}
