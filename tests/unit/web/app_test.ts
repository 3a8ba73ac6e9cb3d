import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Sources } from "../../../src/source/sources.ts";
import { hashToken } from "../../../src/access/opaque_token.ts";
import { makeApp, readCode } from "./app_rig.ts";

const GUARDED = `auth:
  tokens: [{ name: t, hash: "sha256:${hashToken("secret")}", scopes: [view] }]
sources: { pi: 127.0.0.1:1 }`;
const OPEN = "auth: none\nsources: { pi: 127.0.0.1:1 }";

interface Fault {
  /** The code of the guard that detects it. */
  readonly code: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly host?: string;
  readonly body?: string;
}

const LARGE: Fault = { code: "headers_too_large", headers: { "X-Large": "x".repeat(33_000) } };
const REBOUND: Fault = { code: "host_refused", host: "rebound.example.com" };
const FOREIGN: Fault = { code: "origin_refused", headers: { Origin: "https://evil.example" } };
const NO_UPGRADE: Fault = { code: "upgrade_required", headers: { Upgrade: "h2c" } };
const LARGE_BODY: Fault = { code: "body_too_large", body: "x".repeat(70_000) };
const WRONG_TOKEN: Fault = { code: "sign_in_required", headers: { Authorization: "Bearer wrong" } };
const RIGHT = {
  Authorization: "Bearer secret",
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
};

/** The guards of a kind of route in their order, then the fault that its handler finds. */
const ORDERS: readonly (readonly [method: string, path: string, guards: readonly Fault[], last: string])[] = [
  ["GET", "/ws/vnc/nobody", [LARGE, REBOUND, NO_UPGRADE, FOREIGN, WRONG_TOKEN], "source_unknown"],
  ["GET", "/websockify?token=nobody", [LARGE, REBOUND, NO_UPGRADE, FOREIGN, WRONG_TOKEN], "source_unknown"],
  ["POST", "/api/sources/nobody/retry", [LARGE, REBOUND, FOREIGN, LARGE_BODY, WRONG_TOKEN], "source_unknown"],
  ["POST", "/sign-in", [LARGE, REBOUND, FOREIGN, LARGE_BODY], "sign_in_required"],
  ["GET", "/site/vnc/nobody", [LARGE, REBOUND, WRONG_TOKEN], "source_unknown"],
  ["GET", "/metrics", [LARGE, REBOUND, WRONG_TOKEN], "not_allowed"],
  ["GET", "/nothing", [LARGE, REBOUND, WRONG_TOKEN], "not_found"],
  ["PUT", "/api/sources", [LARGE, REBOUND, FOREIGN, LARGE_BODY, WRONG_TOKEN], "method_not_allowed"],
];

for (const [method, path, guards, last] of ORDERS) {
  Deno.test(`${method} ${path} meets its guards in their order`, async () => {
    using rig = await makeApp({ yaml: GUARDED });
    const found: string[] = [];
    for (let from = 0; from <= guards.length; from++) {
      // With every fault from here on, the first guard that finds one answers.
      const faults = guards.slice(from);
      const headers = Object.assign({}, RIGHT, ...faults.map(({ headers }) => headers));
      const host = faults.find(({ host }) => host)?.host;
      const body = faults.find(({ body }) => body)?.body;
      found.push(
        await readCode(await rig.ask(path, { method, headers, ...(host && { host }), ...(body && { body }) })),
      );
    }
    assertEquals(found, [...guards.map(({ code }) => code), last]);
  });
}

Deno.test("every response except a 101 has the strict headers, is kept out of caches, and sets no HSTS", async () => {
  using rig = await makeApp({ yaml: OPEN });
  const paths = rig.app.routes.filter(({ method, path }) => method === "GET" && !/^\/(ws|websockify)/.test(path));
  for (const path of [...paths.map(({ path }) => path.replace(":name", "pi").replace(":file", "a.css")), "/nothing"]) {
    const { headers, body } = await rig.ask(path);
    await body?.cancel();
    assertMatch(
      headers.get("content-security-policy") ?? "",
      /^default-src 'none'; script-src 'nonce-[^']+'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'$/,
      path,
    );
    assertEquals(
      [
        headers.get("x-frame-options"),
        headers.get("x-content-type-options"),
        headers.get("referrer-policy"),
        headers.get("strict-transport-security"),
        headers.get("cache-control"),
      ],
      ["DENY", "nosniff", "no-referrer", null, path.startsWith("/static/") ? "no-cache" : "no-store"],
      path,
    );
  }
});

Deno.test("refusals have the strict headers too, whichever guard refuses", async () => {
  using rig = await makeApp({ yaml: GUARDED });
  const refusals = [
    await rig.ask("/", LARGE),
    await rig.ask("/", REBOUND),
    await rig.ask("/sign-in", { method: "POST", ...FOREIGN }),
    await rig.ask("/sign-in", { method: "POST", ...LARGE_BODY }),
    await rig.ask("/", WRONG_TOKEN),
    await rig.ask("/api/sources", { method: "PUT", headers: RIGHT }),
  ];
  assertEquals(refusals.map(({ status }) => status), [431, 403, 403, 413, 401, 405]);
  for (const { headers, body } of refusals) {
    await body?.cancel();
    assertStringIncludes(headers.get("content-security-policy") ?? "", "frame-ancestors 'none'");
    assertEquals(headers.get("cache-control"), "no-store");
  }
});

Deno.test("refusals of WebSockets are kept out of caches", async () => {
  using rig = await makeApp({ yaml: GUARDED });
  for (const init of [{}, { headers: RIGHT }]) {
    const { status, headers, body } = await rig.ask("/ws/vnc/nobody", init);
    await body?.cancel();
    assertEquals([status, headers.get("cache-control")], ["headers" in init ? 404 : 426, "no-store"]);
  }
});

Deno.test("a browser that has a static file already gets 304 until the file changes", async () => {
  using rig = await makeApp({ yaml: OPEN });
  const statuses: Record<string, number> = {};
  for (const known of ['"a"', 'W/"a"', '"b", "a"', '"b"', "a"]) {
    const { status, headers, body } = await rig.ask("/static/a.css", { headers: { "If-None-Match": known } });
    await body?.cancel();
    assertEquals(headers.get("etag"), '"a"');
    statuses[known] = status;
  }
  assertEquals(statuses, { '"a"': 304, 'W/"a"': 304, '"b", "a"': 304, '"b"': 200, a: 200 });
});

Deno.test("with an administrator's own certificate, browsers are told to stay on https", async () => {
  using rig = await makeApp({
    yaml: OPEN,
    change: (config) => ({
      ...config,
      gateway: { ...config.gateway, tls: { mode: "files", cert: "/cert.pem", key: "/key.pem" } },
    }),
  });
  for (const path of ["/healthz", "/nothing"]) {
    const { headers, body } = await rig.ask(path);
    await body?.cancel();
    assertEquals(headers.get("strict-transport-security"), "max-age=31536000");
  }
});

Deno.test("the base path is removed if present, and only as a whole", async () => {
  using rig = await makeApp({ yaml: `gateway: { base_path: /vnc/ }\n${OPEN}` });
  const statuses: Record<string, number> = {};
  for (const path of ["/vnc/healthz", "/healthz", "/vnc/", "/vnc", "/", "/vncx/healthz", "/vnc/vnc/healthz"]) {
    const { status, body } = await rig.ask(path);
    await body?.cancel();
    statuses[path] = status;
  }
  assertEquals(statuses, {
    "/vnc/healthz": 200,
    "/healthz": 200,
    "/vnc/": 200,
    "/vnc": 308,
    "/": 200,
    "/vncx/healthz": 404,
    "/vnc/vnc/healthz": 404,
  });
});

interface Mount {
  /** What the browser shows; the proxy in front passes `passed` on. */
  readonly shown: string;
  readonly passed: string;
  readonly prefix?: string;
  /** Where the gateway is for the browser; /vnc/ by default. */
  readonly root?: string;
}

const MOUNTS: readonly (readonly [basePath: string, mounts: readonly Mount[]])[] = [
  ["/", [
    { shown: "/vnc/", passed: "/" },
    { shown: "/vnc/account", passed: "/account" },
    { shown: "/vnc/site/vnc/pi?x=/../", passed: "/site/vnc/pi?x=/../" },
    { shown: "/vnc/no/such%2Fpage/", passed: "/no/such%2Fpage/" },
    { shown: "/vnc", passed: "/", prefix: "/vnc" },
    { shown: "/vnc/", passed: "/", prefix: "/vnc/" },
    { shown: "/vnc/account", passed: "/account", prefix: "/wrong" },
  ]],
  ["/vnc/", [
    { shown: "/vnc/", passed: "/vnc/" },
    { shown: "/vnc/site/vnc/pi", passed: "/vnc/site/vnc/pi" },
    { shown: "/vnc", passed: "/" },
    { shown: "/lab/vnc/", passed: "/vnc/", root: "/lab/vnc/" },
    { shown: "/vnc/account", passed: "/account" },
  ]],
];

for (const [basePath, mounts] of MOUNTS) {
  for (const { shown, passed, prefix, root = "/vnc/" } of mounts) {
    Deno.test(`${shown}, which arrives as ${passed} at base path ${basePath}, links to what is below ${root}`, async () => {
      using rig = await makeApp({ yaml: `gateway: { base_path: ${basePath} }\n${OPEN}` });
      const headers = { Accept: "text/html", ...(prefix && { "X-Forwarded-Prefix": prefix }) };
      const page = await (await rig.ask(passed, { headers, remote: "10.0.0.1" })).text();
      const links = page.matchAll(/ (?:href|src|action|data-base-path)="([^"#]+)"/g).map(([, to]) =>
        new URL(to!, `https://h${shown}`).pathname
      ).toArray();
      assert(links.includes(root) && links.includes(`${root}static/porthole.css`), links.join());
      assertEquals(links.filter((path) => !path.startsWith(root)), []);
    });
  }
}

Deno.test("the base path without its slash leads to the one with it, whatever a proxy has removed before it", async () => {
  using rig = await makeApp({ yaml: `gateway: { base_path: /lab/vnc/ }\n${OPEN}` });
  const { headers, status, body } = await rig.ask("/lab/vnc?a=1");
  await body?.cancel();
  assertEquals([status, headers.get("location")], [308, "./vnc/?a=1"]);
});

Deno.test("an address without a route gets 404, a wrong method 405 with the list of right ones", async () => {
  using rig = await makeApp({ yaml: OPEN });
  const none = await rig.ask("/nothing");
  assertEquals([none.status, none.headers.get("content-type")], [404, "application/problem+json"]);
  assertEquals(await readCode(none), "not_found");
  for (
    const [path, allow] of [["/healthz", "GET, HEAD"], ["/sign-in", "GET, HEAD, POST"], ["/api/sessions/x", "DELETE"]]
  ) {
    const wrong = await rig.ask(path!, { method: "PUT" });
    assertEquals([wrong.status, wrong.headers.get("allow")], [405, allow]);
    assertEquals((await wrong.json()).detail, `This address only supports ${allow}`);
  }
});

Deno.test("HEAD is answered like GET, without a body", async () => {
  using rig = await makeApp({ yaml: OPEN });
  const head = await rig.ask("/", { method: "HEAD" });
  assertEquals([head.status, await head.text()], [200, ""]);
});

Deno.test("a browser gets an error as a page, and the sign-in page where a sign-in is needed", async () => {
  using rig = await makeApp({ yaml: GUARDED });
  const headers = { Accept: "text/html,application/xhtml+xml" };
  const asked = await rig.ask("/site/vnc/pi?a=1", { headers });
  assertEquals([asked.status, asked.headers.get("www-authenticate")], [401, 'Bearer realm="Porthole"']);
  assertStringIncludes(await asked.text(), "<h1>Sign in</h1>");
  const missing = await rig.ask("/site/vnc/nobody", { headers: { ...headers, ...RIGHT } });
  assertEquals(missing.status, 404);
  assertStringIncludes(await missing.text(), '<p class="error-status">404</p>');
});

Deno.test("the page of a refusal has its style, although the browser sends the same Host and headers for it", async () => {
  using rig = await makeApp({ yaml: `gateway: { base_path: /vnc/ }\n${OPEN}` });
  const codes: [Fault, number][] = [[REBOUND, 403], [LARGE, 431]];
  for (const [{ host, headers }, status] of codes) {
    const request = { ...(host && { host }), headers: { Accept: "text/html", ...headers } };
    const refused = await rig.ask("/vnc/site/vnc/pi", request);
    const page = await refused.text();
    const [, href = ""] = /<link rel="stylesheet" href="([^"]+)"/.exec(page) ?? [];
    assertEquals([refused.status, href], [status, "../../static/porthole.css"]);
    assertEquals(page.includes("All screens"), false);
    const style = await rig.ask("/vnc/static/a.css", request);
    await style.body?.cancel();
    assertEquals(style.status, 200);
  }
});

Deno.test("an internal error is logged with its cause, and the response does not reveal it", async () => {
  const broken = {
    findingOf: () => {
      throw new Error("secret cause");
    },
  } as unknown as Sources;
  using rig = await makeApp({ yaml: OPEN, sources: broken });
  const answer = await rig.ask("/api/sources");
  const body = await answer.text();
  assertEquals([answer.status, JSON.parse(body).code, body.includes("secret cause")], [500, "internal", false]);
  const [line] = rig.lines.filter(({ level }) => level === "error");
  assertEquals([line?.path, line?.cause], ["/api/sources", "Error: secret cause"]);
  assertMatch(await rig.metrics.render(), /porthole_refus\w*\{code="internal"\} 1/);
});

Deno.test("refusals that concern permissions are in the audit log; a first visit and a wrong address are not", async () => {
  using rig = await makeApp({ yaml: GUARDED });
  const requests: [string, RequestInit & { host?: string }][] = [
    ["/", {}],
    ["/nothing", { headers: RIGHT }],
    ["/site/vnc/nobody", { headers: RIGHT }],
    ["/audit", { headers: RIGHT }],
    ["/account", WRONG_TOKEN],
    ["/trust", REBOUND],
    ["/sign-out", { method: "POST", ...FOREIGN }],
  ];
  for (const [path, init] of requests) await (await rig.ask(path, init)).body?.cancel();
  const noted = rig.audit.list(10).reverse().map(({ event, who, from, what, outcome }) => [
    event,
    who,
    from,
    what,
    outcome,
  ]);
  assertEquals(noted, [
    ["refused", "token:t", "192.0.2.7", "/audit", "not_allowed"],
    ["refused", undefined, "192.0.2.7", "/account", "sign_in_required"],
    ["refused", undefined, "192.0.2.7", "/trust", "host_refused"],
    ["refused", undefined, "192.0.2.7", "/sign-out", "origin_refused"],
  ]);
});
