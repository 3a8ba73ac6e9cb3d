/** Every route and every kind of caller: a new route without a row fails. */
import { assertEquals } from "@std/assert";
import { COOKIES, LINK_ID, startGuarded, TOKENS } from "../fakes/callers.ts";
import { sendRaw, UPGRADE } from "../fakes/raw_http.ts";

type Headers = Readonly<Record<string, string>>;

/** In the order of the columns below; `own` is the gateway's origin. */
const CALLERS: Readonly<Record<string, (own: string) => Headers>> = {
  nobody: () => ({}),
  "a wrong token": () => ({ Authorization: "Bearer nonsense" }),
  "an expired token": () => ({ Authorization: `Bearer ${TOKENS.old}` }),
  "a cookie that ended": (own) => ({ Cookie: "porthole=ended", Origin: own }),
  "forged headers": () => ({
    "X-Forwarded-User": "root",
    "Remote-User": "root",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Host": "localhost",
    "Cf-Access-Jwt-Assertion": "eyJhbGciOiJub25lIn0.e30.",
  }),
  "a view-only token": () => ({ Authorization: `Bearer ${TOKENS.viewer}` }),
  allowed: (own) => ({ Cookie: `porthole=${COOKIES.ada}`, Origin: own }),
  "not allowed": (own) => ({ Cookie: `porthole=${COOKIES.bob}`, Origin: own }),
  "a guest by link": (own) => ({ Cookie: `porthole=${COOKIES.guest}`, Origin: own }),
  admin: () => ({ Authorization: `Bearer ${TOKENS.admin}` }),
  "foreign Origin": () => ({ Cookie: `porthole=${COOKIES.root}`, Origin: "https://evil.example" }),
  "no Origin": () => ({ Cookie: `porthole=${COOKIES.root}` }),
  "rebinding Host": () => ({ Authorization: `Bearer ${TOKENS.admin}`, Host: "rebound.example.com" }),
};

interface Row {
  /** The path that stands for the route. */
  path: string;
  /** Other paths that lead there. */
  also?: readonly string[];
  body?: string;
  type?: string;
  /** By caller. */
  expect: readonly number[];
}

// deno-fmt-ignore
const TABLE: Readonly<Record<string, Row>> = {
  //                                                     nobody wrong old ended forged view allow not guest admin foreign none rebind
  "GET /ws/vnc/:name": { path: "/ws/vnc/pi", expect:      [401, 401, 401, 401, 401, 101, 101, 404, 101, 101, 403, 403, 403] },
  "GET /websockify": { path: "/websockify?token=pi", also: ["/?token=pi", "/a/websockify/?token=pi", "/site/vnc/desk?token=pi"], expect: [401, 401, 401, 401, 401, 101, 101, 404, 101, 101, 403, 403, 403] },
  "GET /healthz": { path: "/healthz", expect:             [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 403] },
  "GET /readyz": { path: "/readyz", expect:               [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 403] },
  "GET /metrics": { path: "/metrics", expect:             [401, 401, 401, 401, 401, 403, 403, 403, 403, 200, 200, 200, 403] },
  "GET /static/:file": { path: "/static/none.js", expect: [404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404] },
  "GET /ca.crt": { path: "/ca.crt", expect:               [404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 403] },
  "GET /trust": { path: "/trust", expect:                 [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 403] },
  "GET /sign-in": { path: "/sign-in", expect:             [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 403] },
  "POST /sign-in": { path: "/sign-in", body: "token=x", expect: [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 403, 401, 403] },
  "POST /sign-in/code": { path: "/sign-in/code", body: "code=1", expect: [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 403, 401, 403] },
  "POST /sign-out": { path: "/sign-out", expect:          [303, 303, 303, 303, 303, 303, 303, 303, 303, 303, 403, 403, 403] },
  // Without a provider there is no such way in; tests/http/oidc_test.ts has one.
  "GET /sign-in/oidc": { path: "/sign-in/oidc", expect:   [404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 403] },
  "GET /sign-in/oidc/callback": { path: "/sign-in/oidc/callback?code=x&state=y", expect: [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 403] },
  "GET /share": { path: "/share", expect:                 [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 403] },
  "POST /share": { path: "/share", body: "secret=x", expect: [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 403, 401, 403] },
  "GET /": { path: "/", expect:                           [401, 401, 401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 403] },
  "GET /site/vnc/:name": { path: "/site/vnc/pi", expect:  [401, 401, 401, 401, 401, 200, 200, 404, 200, 200, 200, 200, 403] },
  "GET /account": { path: "/account", expect:             [401, 401, 401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 403] },
  "POST /account/end": { path: "/account/end", body: "id=x", expect: [401, 401, 401, 401, 401, 404, 404, 404, 404, 404, 403, 403, 403] },
  "POST /account/two-factor": { path: "/account/two-factor", expect: [401, 401, 401, 401, 401, 403, 200, 200, 403, 403, 403, 403, 403] },
  "POST /account/two-factor/confirm": { path: "/account/two-factor/confirm", body: "code=1", expect: [401, 401, 401, 401, 401, 403, 400, 400, 403, 403, 403, 403, 403] },
  "POST /account/two-factor/remove": { path: "/account/two-factor/remove", body: "code=1", expect: [401, 401, 401, 401, 401, 403, 400, 400, 403, 403, 403, 403, 403] },
  "POST /account/code-warning/dismiss": { path: "/account/code-warning/dismiss", expect: [401, 401, 401, 401, 401, 403, 303, 303, 403, 403, 403, 403, 403] },
  "POST /account/links": { path: "/account/links", body: "source=pi", expect: [401, 401, 401, 401, 401, 403, 200, 404, 403, 200, 403, 403, 403] },
  "POST /account/links/revoke": { path: "/account/links/revoke", body: `id=${LINK_ID}`, expect: [401, 401, 401, 401, 401, 404, 303, 404, 404, 303, 403, 403, 403] },
  "GET /audit": { path: "/audit", expect:                 [401, 401, 401, 401, 401, 403, 403, 403, 403, 200, 200, 200, 403] },
  "GET /api/openapi.json": { path: "/api/openapi.json", expect: [401, 401, 401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 403] },
  "GET /api/sources": { path: "/api/sources", expect:     [401, 401, 401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 403] },
  "GET /api/sources/:name": { path: "/api/sources/pi", expect: [401, 401, 401, 401, 401, 200, 200, 404, 200, 200, 200, 200, 403] },
  "GET /api/sources/:name/probe": { path: "/api/sources/pi/probe", expect: [401, 401, 401, 401, 401, 200, 200, 404, 200, 200, 200, 200, 403] },
  "POST /api/sources/:name/admission": { path: "/api/sources/pi/admission", expect: [401, 401, 401, 401, 401, 204, 204, 404, 204, 204, 403, 403, 403] },
  "POST /api/sources/:name/retry": { path: "/api/sources/pi/retry", expect: [401, 401, 401, 401, 401, 403, 204, 404, 403, 204, 403, 403, 403] },
  "GET /api/sources/:name/links": { path: "/api/sources/pi/links", expect: [401, 401, 401, 401, 401, 200, 200, 404, 200, 200, 200, 200, 403] },
  "POST /api/sources/:name/links": { path: "/api/sources/pi/links", expect: [401, 401, 401, 401, 401, 403, 201, 404, 403, 201, 403, 403, 403] },
  "DELETE /api/sources/:name/links/:id": { path: `/api/sources/pi/links/${LINK_ID}`, expect: [401, 401, 401, 401, 401, 404, 204, 404, 404, 204, 403, 403, 403] },
  "GET /api/sign-ins": { path: "/api/sign-ins", expect:   [401, 401, 401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 403] },
  "DELETE /api/sign-ins/:id": { path: "/api/sign-ins/x", expect: [401, 401, 401, 401, 401, 404, 404, 404, 404, 404, 403, 403, 403] },
  "GET /api/audit": { path: "/api/audit", expect:         [401, 401, 401, 401, 401, 403, 403, 403, 403, 200, 200, 200, 403] },
  "GET /api/sessions": { path: "/api/sessions", expect:   [401, 401, 401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 403] },
  "DELETE /api/sessions/:id": { path: "/api/sessions/x", expect: [401, 401, 401, 401, 401, 404, 404, 404, 404, 404, 403, 403, 403] },
};

Deno.test("every route has a row in the table of callers", async () => {
  await using rig = await startGuarded();
  const routes = rig.gateway.app.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) =>
    `${method} ${path}`
  );
  assertEquals([...new Set(routes)].sort(), Object.keys(TABLE).sort());
});

const ROWS = Object.entries(TABLE).flatMap(([route, row]) =>
  [row.path, ...row.also ?? []].map((path) => [route, { ...row, path }] as const)
);

for (const [route, { path, body = "", type = "application/x-www-form-urlencoded", expect }] of ROWS) {
  Deno.test(`${route} answers every kind of caller as the table says, at ${path}`, async () => {
    const found: Record<string, number> = {};
    for (const [caller, makeHeaders] of Object.entries(CALLERS)) {
      await using rig = await startGuarded();
      const isSocket = /ws|websockify/.test(route);
      const [method = ""] = route.split(" ");
      const headers = {
        ...(isSocket && UPGRADE),
        ...(body !== "" && { "Content-Type": type }),
        ...makeHeaders(rig.origin),
      };
      found[caller] = (await sendRaw(rig.port, { method, path, body, headers })).status;
    }
    assertEquals(found, Object.fromEntries(Object.keys(CALLERS).map((caller, at) => [caller, expect[at]!])));
  });
}

Deno.test("a source that the user may not open responds exactly like one that does not exist", async () => {
  await using rig = await startGuarded();
  const headers = { Cookie: `porthole=${COOKIES.bob}`, Origin: rig.origin };
  for (const path of ["/api/sources/NAME", "/api/sources/NAME/probe", "/api/sources/NAME/links", "/site/vnc/NAME"]) {
    const [secret, absent] = await Promise.all(
      ["pi", "no"].map((name) => sendRaw(rig.port, { path: path.replace("NAME", name), headers })),
    );
    const strip = ({ status, headers, body }: typeof secret & object) => [
      status,
      [...headers].filter(([name]) => !/^(date|content-security-policy)$/.test(name)),
      body,
    ];
    assertEquals(strip(secret!), strip(absent!));
  }
});

Deno.test("only administrators see the problems of the configuration", async () => {
  await using rig = await startGuarded();
  rig.live.problems = ["sources.yaml:3:1: sources.secret: is wrong"];
  for (const [token, sees] of [[TOKENS.admin, true], [TOKENS.ci, false], ["", false]] as const) {
    const headers = { Accept: "text/html", ...(token && { Authorization: `Bearer ${token}` }) };
    for (const path of ["/readyz", "/"]) {
      assertEquals(
        (await sendRaw(rig.port, { path, headers })).body.includes("sources.secret"),
        sees,
        `${path} ${token}`,
      );
    }
  }
});
