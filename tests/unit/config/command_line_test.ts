import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { type Command, parseCommandLine, UsageError } from "../../../src/config/command_line.ts";
import { FLAGS, helpText } from "../../../src/config/flags.ts";

function parse(argv: string[], variables: Record<string, string> = {}): Command {
  return parseCommandLine(argv, (name) => variables[name]);
}

function parseStart(argv: string[], variables: Record<string, string> = {}) {
  const command = parse(argv, variables);
  assert(command.kind === "start" || command.kind === "check");
  return command;
}

Deno.test("parseCommandLine() reads sources.yaml when no other file or target is given", () => {
  assertEquals(parseStart([]).file, "sources.yaml");
  assertEquals(parseStart(["check"]).kind, "check");
  assertEquals(parseStart(["--listen", "0.0.0.0:1"]).file, "sources.yaml");
});

Deno.test("parseCommandLine() reads no file for targets or token files, and both when --config is given", () => {
  assertEquals(parseStart(["pi"]).file, undefined);
  assertEquals(parseStart(["--token-file", "tokens"]).file, undefined);
  assertEquals(parseStart(["pi", "--config", "x.yaml"]).file, "x.yaml");
  assertEquals(parseStart(["pi"], { PORTHOLE_CONFIG: "x.yaml" }).file, "x.yaml");
});

Deno.test("parseCommandLine() names targets after their hosts, and makes names unique", () => {
  const { overrides } = parseStart([
    "192.168.1.20",
    "192.168.1.20:1",
    "192.168.1.20:5901",
    "[fd00::1]",
    "pi=10.0.0.7:2",
  ]);
  assertEquals([...overrides.targets!.keys()], [
    "192.168.1.20",
    "192.168.1.20-5901",
    "192.168.1.20-5901-2",
    "fd00-1",
    "pi",
  ]);
  assertEquals(overrides.targets!.get("pi"), { kind: "tcp", hostname: "10.0.0.7", port: 5902 });
});

Deno.test("parseCommandLine() does not use a given name for another target", () => {
  const { overrides } = parseStart(["pi", "pi=10.0.0.7"]);
  assertEquals(overrides.targets!.get("pi"), { kind: "tcp", hostname: "10.0.0.7", port: 5900 });
  assertEquals(overrides.targets!.get("pi-5900"), { kind: "tcp", hostname: "pi", port: 5900 });
});

Deno.test("parseCommandLine() accepts a host that is named like a subcommand as NAME=HOST", () => {
  const command = parseStart(["check=check"]);
  assertEquals([command.kind, [...command.overrides.targets!.keys()]], ["start", ["check"]]);
});

Deno.test("parseCommandLine() keeps __proto__ and constructor as data", () => {
  assertEquals([...parseStart(["constructor=a"]).overrides.targets!.keys()], ["constructor"]);
  assertThrows(() => parse(["__proto__=a"]), UsageError, "has an invalid name");
  assertThrows(() => parse(["--__proto__"]), UsageError, "Unknown flag --__proto__");
  assertThrows(() => parse(["--constructor", "x"]), UsageError, "Unknown flag --constructor");
});

Deno.test("parseCommandLine() prefers a flag to its environment variable", () => {
  const variables = { PORTHOLE_LISTEN: "127.0.0.1:1000", PORTHOLE_LOG: "json", PORTHOLE_OPEN: "yes" };
  const fromEnvironment = parseStart([], variables);
  assertEquals(fromEnvironment.overrides.listen, { kind: "tcp", hostname: "127.0.0.1", port: 1000 });
  assertEquals([fromEnvironment.log, fromEnvironment.overrides.open], ["json", true]);
  const fromFlags = parseStart(["--listen", "[::1]:2000", "--log", "text"], variables);
  assertEquals(fromFlags.overrides.listen, { kind: "tcp", hostname: "::1", port: 2000 });
  assertEquals(fromFlags.log, "text");
});

Deno.test("parseCommandLine() treats an empty variable as not set", () => {
  assertEquals(parseStart([], { PORTHOLE_CONFIG: "", PORTHOLE_LISTEN: "" }).file, "sources.yaml");
});

Deno.test("parseCommandLine() does not mix --tls with a certificate from the environment", () => {
  const variables = { PORTHOLE_CERT: "/c.pem", PORTHOLE_KEY: "/k.pem" };
  assertEquals(parseStart([], variables).overrides.tls, { mode: "files", cert: "/c.pem", key: "/k.pem" });
  assertEquals(parseStart(["--tls", "none"], variables).overrides.tls, { mode: "none" });
});

Deno.test("parseCommandLine() reads every flag from an environment variable too", () => {
  const values: Record<string, string> = {
    "config": "a.yaml",
    "listen": "[::1]:1",
    "redirect": "[::1]:2",
    "base-path": "vnc",
    "public-url": "https://a.example/x",
    "data": "/d",
    "token-file": "t",
    "log": "json",
    "tls": "none",
  };
  for (const { name, value } of FLAGS.filter(({ name }) => !["help", "version", "cert", "key"].includes(name))) {
    const variable = `PORTHOLE_${name.toUpperCase().replace("-", "_")}`;
    const text = value === undefined ? "true" : values[name];
    assert(text !== undefined, `this test has no value for --${name}`);
    const argv = value === undefined ? [`--${name}`] : [`--${name}`, text];
    assertEquals(parse([], { [variable]: text }), parse(argv), name);
  }
});

for (
  const [argv, sentence] of [
    [["--lisen", "x"], "Unknown flag --lisen; did you mean --listen?"],
    [["--zzzzzzzz"], "Unknown flag --zzzzzzzz; --help lists all flags"],
    [["-x"], "Unknown flag -x"],
    [["--listen"], "--listen needs a value: --listen HOST:PORT"],
    [["--listen", "--open"], "--listen needs a value"],
    [["--listen", "0.0.0.0:99999"], "--listen must have a port from 0 to 65535"],
    [["--listen", "::1"], `--listen must have the IPv6 address in brackets: "[::1]"`],
    [["--open=1"], "--open takes no value"],
    [["--tls", "auot"], "--tls must be auto or none"],
    [["--cert", "x"], "--cert and --key must be used together"],
    [["--tls", "none", "--cert", "x", "--key", "y"], "--tls none cannot be combined with --cert and --key"],
    [["--base-path", "/a/../b"], "--base-path must be a path"],
    [["--public-url", "vnc.example"], "--public-url must be a URL"],
    [["a b"], `Target "a b" must be a host name`],
    [["http://pi"], `Target "http://pi" must be HOST:PORT without a scheme`],
    [["a=b", "a=c"], "has the name of another target"],
    [["=b"], "has an invalid name"],
    [["init", "x"], "init takes no targets"],
    [
      ["--listen", "6080"],
      "--listen must name a host: 127.0.0.1:6080 for this machine, 0.0.0.0:6080 for every network",
    ],
    [["--check"], "--check is a command: write it without dashes, check"],
    [["chek"], "Unknown command chek; did you mean check? For a host of that name, use chek:5900"],
    [["CHECK"], "did you mean check?"],
    [["cehck", "pi"], "did you mean check?"],
    [["strat", "--open"], "did you mean start?"],
    [["help"], "did you mean --help?"],
  ] as const
) {
  Deno.test(`parseCommandLine() refuses ${argv.join(" ")}`, () => {
    const { message } = assertThrows(() => parse([...argv]), UsageError);
    assertStringIncludes(message, sentence);
  });
}

Deno.test("parseCommandLine() names the variable when the environment is wrong", () => {
  assertThrows(() => parse([], { PORTHOLE_LISTEN: "x:y" }), UsageError, "PORTHOLE_LISTEN must have a port");
  assertThrows(() => parse([], { PORTHOLE_OPEN: "perhaps" }), UsageError, "PORTHOLE_OPEN must be true or false");
});

Deno.test("parseCommandLine() accepts --help and --version with any other arguments", () => {
  assertEquals(parse(["check", "-h", "a b"]), { kind: "help" });
  assertEquals(parse(["--version"]), { kind: "version" });
});

Deno.test("parseCommandLine() makes init write to sources.yaml or --config", () => {
  assertEquals(parse(["init"]), { kind: "init", file: "sources.yaml" });
  assertEquals(parse(["init", "--config", "a.yaml"]), { kind: "init", file: "a.yaml" });
});

Deno.test("helpText() shows every flag in lines of at most 120 characters", () => {
  const help = helpText("1.2.3", "npx -y deno@2 task start");
  for (const { name } of FLAGS) assertStringIncludes(help, `--${name}`);
  for (const line of help.split("\n")) assert(line.length <= 120, line);
});
