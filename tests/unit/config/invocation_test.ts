import { assertEquals } from "@std/assert";
import type { HintedCommand } from "../../../src/config/command_hint.ts";
import { describeInvocation, type InvocationParts } from "../../../src/config/invocation.ts";

const CALL = {
  main: new URL("file:///opt/porthole/main.ts"),
  workingFolder: "/opt/porthole",
  hasAllPermissions: false,
};
const TASK = { PORTHOLE_TASK: "start", INIT_CWD: "/opt/porthole" };

function describe(
  args: string,
  command: HintedCommand,
  env: Record<string, string> = TASK,
  more: Partial<InvocationParts> = {},
): string {
  const words = args === "" ? [] : args.split(" ");
  return describeInvocation({ ...CALL, args: words, env: (name) => env[name], ...more }).describe(command);
}

Deno.test("describeInvocation() repeats the form of the call: task, npx, another folder, deno run, package", () => {
  const npx = { ...TASK, npm_lifecycle_event: "npx" };
  assertEquals(describe("", "link"), "deno task start link");
  assertEquals(describe("", "link", { ...TASK, INIT_CWD: "/opt/porthole/docs" }), "deno task start link");
  assertEquals(describe("", "link", npx), "npx -y deno@2 task start link");
  assertEquals(describe("", "link", { ...TASK, INIT_CWD: "/root" }), "deno task --cwd /opt/porthole start link");
  const plain = "deno run --allow-net --allow-read --allow-write --allow-env --allow-sys";
  assertEquals(describe("", "link", {}), `${plain} main.ts link`);
  assertEquals(describe("", "link", {}, { workingFolder: "/root" }), `${plain} /opt/porthole/main.ts link`);
  assertEquals(describe("", "link", {}, { hasAllPermissions: true }), "deno run -A main.ts link");
  const main = new URL("https://example.net/porthole/main.ts");
  assertEquals(describe("", "link", {}, { main }), `${plain} https://example.net/porthole/main.ts link`);
  assertEquals(
    describe("", "link", { PORTHOLE_COMMAND: "docker compose run --rm porthole" }),
    "docker compose run --rm porthole link",
  );
});

Deno.test("describe() repeats targets and flags in place of the command that was called", () => {
  assertEquals(describe("init --config x.yaml", "start"), "deno task start --config x.yaml");
  assertEquals(describe("--config=x.yaml --open", "link"), "deno task start link --config x.yaml --open");
  assertEquals(
    describe("pi:1 workshop=10.0.0.2 --listen 0.0.0.0:8443", "link"),
    "deno task start link pi:1 workshop=10.0.0.2 --listen 0.0.0.0:8443",
  );
  assertEquals(describe("-- start pi:1", "start"), "deno task start pi:1");
  assertEquals(describe("check --config=-x.yaml", "start"), "deno task start --config=-x.yaml");
});

Deno.test("describe() names the file alone for init, and nothing for hash, token and --help", () => {
  const args = "--config x.yaml --listen 0.0.0.0:8443";
  assertEquals(describe(args, "init"), "deno task start init --config x.yaml");
  for (const command of ["hash", "token", "--help"] as const) {
    assertEquals(describe(args, command), `deno task start ${command}`);
  }
});

Deno.test("describe() turns variables into flags, unless a package keeps them or a flag takes precedence", () => {
  const env = {
    ...TASK,
    PORTHOLE_CONFIG: "home.yaml",
    PORTHOLE_OPEN: "true",
    PORTHOLE_VERBOSE: "no",
    PORTHOLE_TLS: "",
  };
  assertEquals(describe("", "link", env), "deno task start link --config home.yaml --open");
  assertEquals(describe("--config x.yaml", "init", env), "deno task start init --config x.yaml");
  const tls = { ...TASK, PORTHOLE_CERT: "a.pem", PORTHOLE_KEY: "a.key" };
  assertEquals(describe("--tls none", "start", tls), "deno task start --tls none");
  assertEquals(describe("", "start", tls), "deno task start --cert a.pem --key a.key");
  assertEquals(describe("--open", "link", { ...env, PORTHOLE_COMMAND: "porthole" }), "porthole link --open");
});

Deno.test("describe() quotes what a shell would take apart", () => {
  const file = "it's my home.yaml";
  const quoted = (isWindows: boolean) =>
    describe("", "start", { ...TASK, PORTHOLE_CONFIG: file }, { isWindows }).replace("deno task start --config ", "");
  assertEquals(quoted(false), `'it'\\''s my home.yaml'`);
  assertEquals(quoted(true), `"it's my home.yaml"`);
});
