import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { isSame } from "../../../src/config/same.ts";
import type { Config } from "../../../src/config/config.ts";
import { loadConfig, type LoadOptions } from "../../../src/config/load.ts";
import { ConfigError, formatProblem } from "../../../src/config/problem.ts";
import { readWith } from "../../fakes/fake_reader.ts";

const env = () => undefined;

async function load(text: string, options: Partial<LoadOptions> = {}): Promise<Config> {
  return (await loadConfig({ text, env, ...options })).config;
}

async function findProblems(text: string, options: Partial<LoadOptions> = {}): Promise<string[]> {
  const error = await assertRejects(() => load(text, options), ConfigError);
  return error.problems.map(formatProblem);
}

Deno.test("loadConfig() reads the short form of a source, with a port, a display or neither", async () => {
  const { sources } = await load(`sources: { a: 10.0.0.1, b: "10.0.0.1:5999", c: "10.0.0.1:1", d: "[fd00::1]:2" }`);
  const ports = [...sources.values()].map(({ target }) => target.kind === "tcp" ? target.port : undefined);
  assertEquals(ports, [5900, 5999, 5901, 5902]);
  assertEquals(sources.get("d")?.target, { kind: "tcp", hostname: "fd00::1", port: 5902 });
});

Deno.test("loadConfig() loads the committed sources.yaml unchanged", async () => {
  const { config, files } = await loadConfig({ file: "sources.yaml", env });
  assertEquals(config.sources.get("demo")?.target, { kind: "demo" });
  assert(files[0]?.endsWith("/sources.yaml"));
});

Deno.test("loadConfig() reports every problem at once, each with its place", async () => {
  const problems = await findProblems(`gateway:
  listn: 127.0.0.1
limits: { idle: 5, sessions: 0 }
sources:
  __proto__: { host: a }
  b: { host: b, prot: 1 }
  c: { host: c, password: { env: NOT_SET } }
`);
  assertEquals(problems, [
    "2:3: gateway.listn: is not a known key; did you mean listen?",
    "3:17: limits.idle: must be a duration with a unit, for example 500ms, 5s, 2m or 1h",
    "3:30: limits.sessions: must be a whole number of at least 1",
    `5:3: sources.__proto__: has an invalid name, "__proto__": use 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit`,
    "6:17: sources.b.prot: is not a known key; did you mean port?",
    "7:34: sources.c.password.env: needs the environment variable NOT_SET (or NOT_SET_FILE), which is not set",
  ]);
});

Deno.test("loadConfig() reads every key", async () => {
  const files: Record<string, string> = { "/c/p": "s3cret\r\n", "/c/ca.pem": "-----BEGIN CERTIFICATE-----\n" };
  const reader = readWith((path) => files[path]!);
  const config = await load(
    `
gateway:
  listen: "[::]:9443"
  tls: { cert: c.pem, key: /k.pem }
  redirect: 0.0.0.0
  base_path: vnc
  public_url: https://vnc.example.net/x
  trusted_proxies: [10.0.0.0/8, ::1, unix]
  allowed_origins: ["https://home.example.net:444"]
  deny_networks: []
  resume: 2m
  data: state
auth: none
limits: { memory: 50%, sessions: 1, per_source: 2, per_address: 3, connects_per_minute: 4, up_queue: 1MiB, unacknowledged: 8MiB, idle: 1h, stall: 2m }
defaults: { keepalive: 0, group: All, username: u, look: off }
sources:
  a:
    host: h
    display: 7
    title: A
    group: Own
    username: ada
    password: { file: p }
    view_only: true
    clipboard: in
    clipboard_limit: 64KiB
    shared: false
    tls: { ca: ca.pem, server_name: n.example, fingerprint: "SHA256:${"AB:".repeat(31)}AB" }
    prewarm: 2
    allow: [ada, "group:makers"]
    view: [guest]
    connect_timeout: 2s
    look: banner
    login_timeout: 90s
  b: { unix: vm.sock, password: { env: B } }
`,
    { file: "/c/s.yaml", reader, env: (name) => name === "B_FILE" ? "/c/p" : undefined },
  );
  assertEquals(config.gateway, {
    listen: { kind: "tcp", hostname: "::", port: 9443 },
    tls: { mode: "files", cert: "/c/c.pem", key: "/k.pem" },
    redirect: { kind: "tcp", hostname: "0.0.0.0", port: 8080 },
    basePath: "/vnc/",
    publicUrl: new URL("https://vnc.example.net/x/"),
    trustedProxies: ["10.0.0.0/8", "::1", "unix"],
    allowedOrigins: ["https://home.example.net:444"],
    allowedHosts: [],
    denyNetworks: [],
    resumeMs: 120_000,
    dataDir: "/c/state",
  });
  assertEquals<unknown[]>(Object.values(config.limits), [
    { share: 0.5 },
    1,
    2,
    3,
    16,
    64,
    4,
    10,
    1 << 20,
    8 << 20,
    3_600_000,
    120_000,
  ]);
  const { password, ...a } = config.sources.get("a")!;
  assertEquals(password?.reveal(), "s3cret");
  assertEquals(a, {
    name: "a",
    origin: "file",
    title: "A",
    group: "Own",
    target: { kind: "tcp", hostname: "h", port: 5907 },
    username: "ada",
    viewOnly: true,
    clipboard: "in",
    clipboardLimitBytes: 64 * 1024,
    shared: false,
    tls: { ca: "-----BEGIN CERTIFICATE-----\n", serverName: "n.example", fingerprint: "ab".repeat(32) },
    prewarm: 2,
    connectTimeoutMs: 2000,
    keepaliveMs: 0,
    loginTimeoutMs: 90_000,
    look: "banner",
    allow: ["ada", "group:makers"],
    view: ["guest"],
  });
  const b = config.sources.get("b");
  assertEquals([b?.target, b?.group, b?.password?.reveal()], [{ kind: "unix", path: "/c/vm.sock" }, "All", "s3cret"]);
});

Deno.test("loadConfig() freezes its whole result", async () => {
  const { gateway, limits, sources } = await load("sources: { a: { host: h, allow: [x] } }");
  const a = sources.get("a")!;
  for (const part of [gateway, gateway.listen, gateway.denyNetworks, limits, sources, a, a.target, a.allow]) {
    assert(Object.isFrozen(part));
  }
  assertThrows(() => (sources as Map<string, unknown>).set("b", {}), TypeError);
  assertThrows(() => (sources as Map<string, unknown>).clear(), TypeError);
});

Deno.test("loadConfig() prefers overrides to the file", async () => {
  const text = "gateway: { listen: 127.0.0.1:1, tls: auto, data: x }\nsources: { a: h1, b: h2 }";
  const place = { kind: "tcp", hostname: "h3", port: 5900 } as const;
  const listen = { kind: "tcp", hostname: "0.0.0.0", port: 2 } as const;
  const overrides = {
    listen,
    tls: { mode: "none" },
    data: "/d",
    open: true,
    targets: new Map([["b", place]]),
  } as const;
  const { gateway, auth, sources } = await load(text, { overrides });
  assertEquals([gateway.listen, gateway.tls, gateway.dataDir, auth], [listen, { mode: "none" }, "/d", {
    mode: "none",
  }]);
  assertEquals(sources.get("b")?.target, place);
});

Deno.test("loadConfig() needs no file when targets are given", async () => {
  const targets = new Map([["pi", { kind: "tcp", hostname: "pi", port: 5900 } as const]]);
  const { config, files } = await loadConfig({ env, overrides: { targets } });
  assertEquals([...config.sources.keys(), ...files], ["pi"]);
});

Deno.test("isSame() distinguishes secrets and addresses that look alike", async () => {
  const one = await load("sources: { a: { host: h, password: x } }\ngateway: { public_url: 'https://a/' }");
  const other = await load("sources: { a: { host: h, password: y } }\ngateway: { public_url: 'https://b/' }");
  assert(isSame(one, one) && !isSame(one.sources, other.sources) && !isSame(one.gateway, other.gateway));
});
