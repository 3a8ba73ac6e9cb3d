import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { loadConfig } from "../../../src/config/load.ts";
import { ConfigError, formatProblem } from "../../../src/config/problem.ts";
import { assertPlaced, findProblems } from "./find_problems.ts";

const BROKEN: readonly (readonly [text: string, place: string, sentence: string])[] = [
  ["", "1:1", "must not be empty"],
  ["# only this\n", "1:1", "must not be empty"],
  ["--- \n...\n", "1:1", "must not be empty"],
  ["plain", "1:1", "must be a mapping"],
  ["- 1\n", "1:1", "must be a mapping"],
  ["sources: {}\n---\nsources: {}\n", "2:1", "must be one document"],
  ["sources: {}\nsources: {}\n", "2:1", "same key twice"],
  ["sources:\n  a: h\n  a: h\n", "3:3", "same key twice"],
  ["sources:\n\ta: h\n", "2:1", "spaces, not tabs"],
  ["sources: { a: h", "1:16", "is not valid YAML"],
  ["sources:\n  a: [::1]:5900\n", "2:11", "in quotes"],
  ["sources:\n  a: *x\n", "2:6", "put text that begins with * in quotes"],
  ["sources:\n  a: !ruby/object x\n", "2:6", "put text that begins with ! in quotes"],
  ["sources: &a { b: *a }\n", "1:1", "aliases"],
  ["sources:\n  a: \u0001\n", "2:7", "is not valid YAML"],
  ["sources:\n  017: h\n", "2:3", "must be text: put it in quotes"],
  ["sources: { a: { host: h, port: 0o17, prewarm: 017, keepalive: 1_000 } }\n", "1:47", "from 0 to 16"],
  ["gateway: {}\n", "1:1", "is missing"],
  ["sources: 5\n", "1:10", "must be a mapping of names"],
  ["sources: []\n", "1:10", "must be a mapping of names"],
  ["source: { a: h }\nsources: {}\n", "1:1", "did you mean sources?"],
  ["sources:\n  a:\n", "2:5", "must be HOST or HOST:PORT"],
  ["sources: { a: 5901 }\n", "1:15", "must be HOST or HOST:PORT"],
  ["sources: { a: [::1] }\n", "1:15", "must be in quotes"],
  ["sources: { a: '::1' }\n", "1:15", "brackets"],
  ["sources: { a: 'h:99999' }\n", "1:15", "must have a port"],
  ["sources: { a/b: h }\n", "1:12", "has an invalid name"],
  ["sources: { .a: h }\n", "1:12", "has an invalid name"],
  [`sources: { ${"a".repeat(65)}: h }\n`, "1:12", "has an invalid name"],
  ["sources: { __proto__: h }\n", "1:12", "has an invalid name"],
  ["sources: { a: { __proto__: h } }\n", "1:12", "must have one of host"],
  ["sources: { a: { constructor: h, host: h } }\n", "1:17", "is not a known key"],
  ["sources: { a: {} }\n", "1:12", "must have one of host, unix or demo"],
  ["sources: { a: { host: h, demo: true } }\n", "1:12", "must have one of host, unix or demo"],
  ["sources: { a: { demo: false } }\n", "1:23", "must be true"],
  ["sources: { a: { unix: /s, port: 5900 } }\n", "1:27", "can be combined with host only"],
  ["sources: { a: { host: h, port: 1, display: 1 } }\n", "1:35", "cannot be combined with port"],
  ["sources: { a: { host: 'h:1' } }\n", "1:23", "must be a host name"],
  ["sources: { a: { host: 5 } }\n", "1:23", "put it in quotes"],
  ["sources: { a: { host: h, port: '5900' } }\n", "1:32", "must be a whole number"],
  ["sources: { a: { host: h, port: 0 } }\n", "1:32", "from 1 to 65535"],
  ["sources: { a: { host: h, port: 1.5 } }\n", "1:32", "must be a whole number"],
  ["sources: { a: { host: h, pasword: x } }\n", "1:26", "did you mean password?"],
  ["sources: { a: { host: h, viewOnly: true } }\n", "1:26", "did you mean view_only?"],
  ["sources: { a: { host: h, view-only: true } }\n", "1:26", "did you mean view_only?"],
  ["sources: { a: { host: h, view_only: yes } }\n", "1:37", "must be true or false"],
  ["sources: { a: { host: h, clipboard: up } }\n", "1:37", "must be both, in, out or none"],
  ["sources: { a: { host: h, password: 123456 } }\n", "1:36", "put it in quotes"],
  ["sources: { a: { host: h, password: '' } }\n", "1:36", "must not be empty"],
  ["sources: { a: { host: h, password: {} } }\n", "1:36", "must be { env: NAME }, { file: PATH } or text"],
  ["sources: { a: { host: h, password: { env: A, file: b } } }\n", "1:26", "must have either env or file"],
  ["sources: { a: { host: h, password: { env: 'A B' } } }\n", "1:43", "must be the name of an environment variable"],
  ["sources: { a: { host: h, password: { env: NONE } } }\n", "1:43", "environment variable NONE"],
  ["sources: { a: { host: h, password: { file: none } } }\n", "1:44", "cannot read none: not found"],
  ["sources: { a: { host: h, tls: true } }\n", "1:31", "must be a mapping"],
  ["sources: { a: { host: h, tls: { ca: none } } }\n", "1:37", "cannot read none: not found"],
  ["sources: { a: { host: h, tls: { fingerprint: abc } } }\n", "1:46", "sha256: and 64 hex digits"],
  ["sources: { a: { host: h, prewarm: 99 } }\n", "1:35", "from 0 to 16"],
  ["sources: { a: { host: h, allow: ada } }\n", "1:33", "must be a list"],
  ["sources: { a: { host: h, allow: [1] } }\n", "1:34", "put it in quotes"],
  ["sources: { a: { host: h, connect_timeout: 5 } }\n", "1:43", "must be a duration with a unit"],
  ["sources: { a: { host: h, connect_timeout: 1ms } }\n", "1:43", "must be at least 100 ms"],
  ["sources: {}\ndefaults: { host: h }\n", "2:13", "is not a known key"],
  ["sources: {}\ndefaults: { keepalive: soon }\n", "2:24", "must be a duration"],
  ["sources: {}\ngateway: { resume: 30 }\n", "2:20", "must be a duration with a unit"],
  ["sources: {}\ngateway: { resume: 2h }\n", "2:20", "must be at most 1h"],
  ["sources: {}\nlimits: { unacknowledged: 1KiB }\n", "2:27", "must be at least 1048576 bytes"],
  ["sources: {}\nlimits: { up_queue: 1 }\n", "2:21", "must be at least 65536 bytes"],
  ["sources: {}\nlimits: { up_queue: lots }\n", "2:21", "must be a size"],
  ["sources: {}\nlimits: { sessions: 0 }\n", "2:21", "must be a whole number of at least 1"],
  ["sources: {}\nlimits: { sesions: 5 }\n", "2:11", "did you mean sessions?"],
  ["sources: {}\nlimits: [1]\n", "2:9", "must be a mapping"],
  ["sources: {}\ngateway: { listen: 8443 }\n", "2:20", "must be HOST or HOST:PORT"],
  ["sources: {}\ngateway: { listen: ':8443' }\n", "2:20", "must name a host"],
  ["sources: {}\ngateway: { allowed_hosts: ['a b'] }\n", "2:28", "must be"],
  ["sources: {}\ngateway: { tls: on }\n", "2:17", "must be auto, none or"],
  ["sources: {}\ngateway: { tls: { cert: a } }\n", "2:12", "is missing"],
  ["sources: {}\ngateway: { base_path: /a?b }\n", "2:23", "must be a path"],
  ["sources: {}\ngateway: { public_url: 'https://u:p@h/' }\n", "2:24", "must be a URL"],
  ["sources: {}\ngateway: { trusted_proxies: [10.0.0.0/33] }\n", "2:30", "from 0 to 32"],
  ["sources: {}\ngateway: { deny_networks: [lan] }\n", "2:28", "must be an IP address or a range"],
  ["sources: {}\ngateway: { allowed_origins: ['*'] }\n", "2:30", "must be an origin"],
  ["sources: {}\ngateway: { allowed_origins: ['https://a/b'] }\n", "2:30", "must be an origin"],
  ["sources: {}\nauth: off\n", "2:7", "must be none"],
  ["sources: {}\nauth: { password: {} }\n", "2:9", "is not a known key"],
  ["sources: {}\nauth: { users: { ada: { password: secret } } }\n", "2:35", "make one with: deno task start hash"],
  ["sources: {}\nauth: { users: { __proto__: {} } }\n", "2:18", "is not a valid name"],
  [
    "sources: {}\nauth: { users: { a: { password: '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$aaaaaaaaaaaaaaaaaaaaaaaaaa' } } }\n",
    "2:33",
    "must use between",
  ],
  ["sources: {}\nauth: { tokens: [{ name: ci, hash: abc }] }\n", "2:36", "must be sha256:"],
  [
    `sources: {}\nauth: { tokens: [{ name: ci, scopes: [root], hash: ${"a".repeat(64)} }] }\n`,
    "2:39",
    "must be view, con",
  ],
  ["sources: {}\nauth: { jwt: [{}] }\n", "2:15", "must have either secret or public_key"],
  ["sources: {}\nauth: { jwt: [{ secret: short }] }\n", "2:25", "at least 32 characters"],
  [
    "sources: {}\nauth: { jwt: [{ secret: abcdefghabcdefghabcdefghabcdefgh, role: owner }] }\n",
    "2:65",
    "must be view or control",
  ],
  [
    "sources: {}\nauth: { jwt: [{ secret: abcdefghabcdefghabcdefghabcdefgh, sources: pi }] }\n",
    "2:68",
    "must be a list",
  ],
  ["sources: { a: { host: h, keepalive: 25d } }\n", "1:37", "must be at most 24d"],
  ["sources: {}\nauth: { oidc: { issuer: 'http://id.example', client_id: a } }\n", "2:25", "begins with https://"],
  ["sources: {}\nauth: { oidc: { issuer: 'https://u:p@id.example', client_id: a } }\n", "2:25", "begins with https://"],
  ["sources: {}\nauth: { oidc: { issuer: 'https://id.example' } }\n", "2:9", "is missing"],
  [
    "sources: {}\nauth: { oidc: { issuer: 'https://id.example', client_id: a, domains: ['@x'] } }\n",
    "2:71",
    "email domain",
  ],
  [
    "sources: {}\nauth: { oidc: { issuer: 'https://id.example', client_id: a, client_secret: { env: NONE } } }\n",
    "2:83",
    "NONE",
  ],
  ["sources: {}\nauth: { proxy: {} }\n", "2:9", "must have headers, assertion or both"],
  ["sources: {}\nauth: { proxy: { headers: { user: 'Remote_User' } } }\n", "2:35", "must be a header name"],
  ["sources: {}\nauth: { proxy: { headers: { user: Remote-User } } }\n", "2:27", "accepted only from trusted proxies"],
  ["sources: {}\nauth: { admins: ['group:'] }\n", "2:18", "must be a user name"],
];

for (const [text, place, sentence] of BROKEN) {
  Deno.test(`loadConfig() refuses ${JSON.stringify(text.length > 70 ? `${text.slice(0, 70)}…` : text)}`, async () => {
    const problems = await findProblems(text);
    const [first] = problems;
    assert(first !== undefined, "it loaded");
    assertPlaced(text, problems);
    assertStringIncludes(problems.map(({ message }) => message).join("\n"), sentence);
    assertEquals(`${first.line}:${first.column}`, place, formatProblem(first));
    assertEquals(first.file, "/c/s.yaml");
  });
}

Deno.test("loadConfig() reports a missing file, and how to create one", async () => {
  const error = await assertRejects(
    () => loadConfig({ file: "/does/not/exist.yaml", env: () => undefined }),
    ConfigError,
  );
  assertEquals(error.message, "/does/not/exist.yaml: cannot be read: not found (deno task start init writes one)");
  assertEquals(error.files, ["/does/not/exist.yaml"]);
});

Deno.test("loadConfig() refuses a file that is not UTF-8, and names the line", async () => {
  const bytes = new Uint8Array([...new TextEncoder().encode("sources:\n  a: h\n  # B"), 0xfc, 0x72, 0x6f, 10]);
  const [problem] = await findProblems(bytes);
  assertEquals([problem?.message, problem?.line], ["is not valid UTF-8 text", 3]);
  const utf16 = new Uint8Array([0xff, 0xfe, 0x61, 0]);
  assertEquals((await findProblems(utf16))[0]?.message, "is not valid UTF-8 text");
});

Deno.test("loadConfig() ignores a byte order mark and carriage returns", async () => {
  assertEquals(await findProblems("\ufeffsources:\r\n  a: h\r\n"), []);
});

Deno.test("loadConfig() refuses a file of more than 8 MiB", async () => {
  assertEquals((await findProblems(`sources: {} #${"x".repeat(8 << 20)}`))[0]?.message, "must be at most 8 MiB");
});

Deno.test("loadConfig() refuses aliases that multiply, quickly", async () => {
  const levels = Array.from({ length: 9 }, (_, index) => `l${index + 1}: &l${index + 1} [${`*l${index}, `.repeat(9)}]`);
  const text = `l0: &l0 [x]\n${levels.join("\n")}\nsources: {}\n`;
  assertEquals((await findProblems(text))[0]?.message, "expands to too many values through aliases");
});

Deno.test("loadConfig() accepts aliases that do not multiply", async () => {
  assertEquals(await findProblems("sources:\n  a: &a { host: h, group: x }\n  b: *a\n"), []);
});

Deno.test("loadConfig() refuses deep nesting in every style", async () => {
  for (
    const text of [
      "[".repeat(50_000),
      "- ".repeat(20_000),
      "{a: ".repeat(20_000),
      `a: ${"[".repeat(900)}${"]".repeat(900)}`,
    ]
  ) {
    assert((await findProblems(text)).length > 0);
  }
});

Deno.test("loadConfig() reports everything that is wrong with one source", async () => {
  const text = "sources: { a: { host: 'h h', port: x, pasword: y, password: { file: none }, tls: { ca: none } } }";
  assertEquals((await findProblems(text)).map(({ path }) => path).sort(), [
    "sources.a.host",
    "sources.a.password.file",
    "sources.a.pasword",
    "sources.a.port",
    "sources.a.tls.ca",
  ]);
});

Deno.test("loadConfig() never repeats a secret in a problem", async () => {
  const texts = [
    "sources: { a: { host: h, password: { text: hunter2 } } }",
    "sources: { a: { host: h, password: [hunter2] } }",
    "sources: { a: { host: h, password: {hunter2} } }",
    "sources:\n  a:\n    password: {x}hunter2",
    "sources:\n  a:\n    password: |hunter2",
    "sources:\n  a:\n    password: %hunter2",
    "sources:\n  a:\n    password: '1'hunter2",
    "sources:\n  a:\n    password: hunter2\n   hunter2\n  b",
    "sources:\n  a:\n    password: &hunter2",
    "sources:\n  a:\n    password: !hunter2!",
    'sources:\n  a:\n    password: "\\xhunter2"',
    "sources: { a: { hots: h, username: 5, password: hunter2 } }",
    "sources:\n  a: { password: hunter2, ] }",
    "sources:\n  a:\n    password: !x hunter2",
    "sources:\n  a:\n    password: @hunter2",
    'sources:\n  a:\n    password: "hunter2\\q"',
    "sources:\n  a:\n    password: hunter2: x",
    "sources:\n  a:\n    password: *hunter2",
  ];
  for (const text of texts) {
    const problems = await findProblems(text);
    assert(problems.length > 0, text);
    for (const problem of problems) assert(!formatProblem(problem).includes("hunter2"), formatProblem(problem));
  }
});
