/** The served description of the JSON interface, held against what a gateway answers. */
import { assert, assertEquals } from "@std/assert";
import { Ajv2020 } from "ajv";
import { ADMIN, type GuardedGateway, startGuarded } from "../fakes/callers.ts";
import { type RawAnswer, sendRaw } from "../fakes/raw_http.ts";
import { type Case, CASES, GUARDED, startWithLive, withSession } from "./openapi_cases.ts";

/** Routes that answer something other than JSON, or that no program needs. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "GET /ws/vnc/:name": "a WebSocket",
  "GET /websockify": "a WebSocket",
  "GET /healthz": "for monitors: one word",
  "GET /readyz": "for monitors: the status says it",
  "GET /metrics": "Prometheus text",
  "GET /static/:file": "a file",
  "GET /ca.crt": "a certificate",
  "GET /trust": "a page",
  "GET /sign-in": "a page",
  "POST /sign-in": "a form",
  "POST /sign-in/code": "a form",
  "POST /sign-out": "a form",
  "GET /sign-in/oidc": "a redirect",
  "GET /sign-in/oidc/callback": "a redirect",
  "GET /share": "a page",
  "POST /share": "a form",
  "GET /": "a page",
  "GET /site/vnc/:name": "a page",
  "GET /account": "a page",
  "POST /account/end": "a form",
  "POST /account/two-factor": "a form",
  "POST /account/two-factor/confirm": "a form",
  "POST /account/two-factor/remove": "a form",
  "POST /account/code-warning/dismiss": "a form",
  "POST /account/links": "a form",
  "POST /account/links/revoke": "a form",
  "GET /audit": "a page",
};

interface Response {
  content?: Record<string, { schema: Record<string, unknown> }>;
}

interface Description {
  paths: Record<string, Record<string, { responses: Record<string, Response> }>>;
  components: { schemas: Record<string, { properties: object }> };
}

async function readDescription(rig: GuardedGateway): Promise<Description> {
  const { status, body } = await sendRaw(rig.port, { path: "/api/openapi.json", headers: ADMIN });
  assertEquals(status, 200);
  return JSON.parse(body);
}

/** A validator of what the description says, where no object may have fields that it does not name. */
function createValidator(description: Description) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  ajv.addSchema(closeObjects(description) as object, "description");
  return (pointer: readonly string[], value: unknown): string[] => {
    const fragment = pointer.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
    const validate = ajv.compile({ $ref: `description#${encodeURI(fragment)}` });
    validate(value);
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      `${instancePath} ${message} ${JSON.stringify(params)}`
    );
  };
}

function closeObjects(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closeObjects);
  if (typeof node !== "object" || node === null) return node;
  const closed = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closeObjects(value)]));
  return closed.type === "object" && closed.properties ? { additionalProperties: false, ...closed } : closed;
}

/** Every answer that the description names: what stands in CASES, and what the guards refuse. */
function listAnswers({ paths }: Description) {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { responses }]) =>
      Object.entries(responses).flatMap(([status, response]) => {
        const codes = readCodes(response) ?? [status];
        // "default" stands for failures of the gateway itself, which no request brings about.
        return status === "default" ? [] : codes.map((code) => ({ path, method, status, code, response }));
      })
    )
  );
}

function readCodes({ content }: Response): string[] | undefined {
  const schema = content?.["application/problem+json"]?.schema as
    | { allOf?: { properties?: { code?: { enum?: string[] } } }[] }
    | undefined;
  return schema?.allOf?.find(({ properties }) => properties)?.properties?.code?.enum;
}

async function send(rig: GuardedGateway, method: string, template: string, made: Case): Promise<RawAnswer> {
  const names: Record<string, string> = { name: "pi", id: "none", ...made.path };
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name) => names[name]!) + (made.query ?? "");
  const body = made.body === undefined ? "" : JSON.stringify(made.body);
  return await sendRaw(rig.port, {
    method: method.toUpperCase(),
    path,
    body,
    headers: { "Content-Type": "application/json", Accept: "application/json", ...made.headers },
  });
}

Deno.test("every documented response is sent as documented", async (t) => {
  await using first = await startGuarded();
  const description = await readDescription(first);
  const validate = createValidator(description);
  for (const { path, method, status, code, response } of listAnswers(description)) {
    const name = `${method.toUpperCase()} ${path} ${code}`;
    await t.step(name, async () => {
      const make = CASES[name] ?? GUARDED[code];
      assert(make, "no test brings this answer about");
      await using rig = await startWithLive();
      await using stack = new AsyncDisposableStack();
      const answer = await send(rig, method, path, typeof make === "function" ? await make(rig, stack) : make);
      assertEquals(String(answer.status), status, answer.body);
      const [type] = Object.keys(response.content ?? {});
      assertEquals(answer.headers.get("content-type"), type);
      if (type === undefined) return assertEquals(answer.body, "");
      const body = JSON.parse(answer.body);
      const pointer = ["paths", path, method, "responses", status, "content", type, "schema"];
      assertEquals(validate(pointer, body), []);
      if (type === "application/problem+json") assertEquals([body.code, String(body.status)], [code, status]);
    });
  }
});

Deno.test("every tested response is documented", async () => {
  await using rig = await startGuarded();
  const documented = listAnswers(await readDescription(rig));
  const names = new Set(documented.map(({ path, method, code }) => `${method.toUpperCase()} ${path} ${code}`));
  assertEquals(Object.keys(CASES).filter((name) => !names.has(name)), []);
  const codes = new Set(documented.map(({ code }) => code));
  assertEquals(Object.keys(GUARDED).filter((code) => !codes.has(code)), []);
});

Deno.test("every route is documented, or listed as undocumented", async () => {
  await using rig = await startGuarded();
  const { paths } = await readDescription(rig);
  const documented = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`)
  );
  const routes = rig.gateway.app.routes.filter(({ method }) => method !== "ALL");
  const served = new Set(routes.map(({ method, path }) => `${method} ${path}`));
  assertEquals([...documented, ...Object.keys(LEFT_OUT)].sort(), [...served].sort());
});

Deno.test("sessions and sources have every field of the description", async () => {
  await using rig = await startWithLive();
  await using stack = new AsyncDisposableStack();
  await withSession(rig, stack);
  const { components } = await readDescription(rig);
  const listFields = (schema: string) => Object.keys(components.schemas[schema]!.properties).sort();
  const read = async (path: string) => JSON.parse((await sendRaw(rig.port, { path, headers: ADMIN })).body);
  assertEquals(Object.keys((await read("/api/sessions"))[0]).sort(), listFields("Session"));
  const [up, down] = [await read("/api/sources/live"), await read("/api/sources/desk/probe")];
  const first = await read("/api/sources/proven/probe");
  assertEquals([...new Set(Object.keys({ ...up, ...down, ...first }))].sort(), listFields("Source"));
});

const EXPIRES =
  "Invalid request: expires must be a duration of up to a year, such as 1h or 365d, or an instant within the next year";

Deno.test("a link may last a year", async () => {
  await using rig = await startGuarded();
  const answer = await sendRaw(rig.port, {
    method: "POST",
    path: "/api/sources/pi/links",
    body: '{"expires":"365d"}',
    headers: ADMIN,
  });
  const { created, expires } = JSON.parse(answer.body);
  assertEquals(Math.round((Date.parse(expires) - Date.parse(created)) / 86_400_000), 365);
});

Deno.test("a body that does not match the schema is refused with the reason", async () => {
  await using rig = await startGuarded();
  const refusals: Record<string, string> = {
    '{"role":"owner"}': "Invalid request: role must be view or control",
    '{"uses":0}': "Invalid request: uses must be at least 1",
    '{"uses":1.5}': "Invalid request: uses must be a whole number",
    '{"expires":7}': "Invalid request: expires must be text such as 1h or 2027-01-31T12:00:00Z",
    '{"expires":"soon"}': EXPIRES,
    '{"expires":"367d"}': EXPIRES,
    '{"expires":"2001-01-01"}': EXPIRES,
    '{"expires":"9999-01-01"}': EXPIRES,
    '{"rôle":"view"}': "Invalid request: unknown field rôle",
    "[]": "Invalid request: the body must be a JSON object",
    "null": "Invalid request: the body must be a JSON object",
    "{": "The request body is not valid JSON",
  };
  for (const [body, detail] of Object.entries(refusals)) {
    const answer = await sendRaw(rig.port, { method: "POST", path: "/api/sources/pi/links", body, headers: ADMIN });
    const problem = JSON.parse(answer.body);
    assertEquals([answer.status, problem.code, problem.detail], [400, "bad_request", detail], body);
  }
});
