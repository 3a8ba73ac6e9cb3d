/** Commands that end by themselves: what they print, what they write, and their exit codes. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readProjectFile, readTask } from "../fakes/packaging.ts";
import { startFakeRfb } from "../fakes/rfb_server.ts";
import { Program, runProgram } from "../live/programs.ts";
import { Place } from "./porthole.ts";

/** Nothing listens there. */
const CLOSED_PORT = 1;

Deno.test("check prints a line for each source, and exits with 0 where all can be opened", async () => {
  await using fake = await startFakeRfb();
  await using place = await Place.make(`sources: { demo: { demo: true }, pi: 127.0.0.1:${fake.port} }\n`);
  const { code, stdout, stderr } = await place.run(["check"]);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^demo: RFB 3\.8, None\npi: RFB 3\.8, .+\n$/);
  const kept = [...Deno.readDirSync(`${place.folder}/data`)].map(({ name }) => name);
  assert(!kept.includes("audit.log"), "a check is not in the audit log");
});

Deno.test("check exits with 1 where one source cannot be opened, wherever it is in the list", async () => {
  for (const names of [["gone", "demo"], ["demo", "gone"]]) {
    const lines = { demo: "demo: { demo: true }", gone: `gone: 127.0.0.1:${CLOSED_PORT}` };
    await using place = await Place.make(`sources: { ${names.map((name) => lines[name as "demo"]).join(", ")} }\n`);
    const { code, stdout } = await place.run(["check"]);
    assertEquals(code, 1);
    assertStringIncludes(stdout, "gone: Cannot reach gone: connection refused\n");
    assertStringIncludes(stdout, "demo: RFB 3.8, None\n");
  }
});

Deno.test("check probes what may be probed, and remembers its connections for the next run", async () => {
  await using fake = await startFakeRfb({ password: "unknown here" });
  await using place = await Place.make(
    `sources: { off: { host: 127.0.0.1, port: ${CLOSED_PORT}, look: off }, pi: 127.0.0.1:${fake.port} }\n`,
  );
  const lines: string[] = [];
  for (let runs = 0; runs < 5; runs++) {
    const { code, stdout } = await place.run(["check"]);
    assertEquals([code, stdout.split("\n")[0]], [0, "off: not probed (look: off)"]);
    lines.push(stdout.split("\n")[1]!);
  }
  assertEquals(lines.slice(0, 4), Array(4).fill("pi: RFB 3.8, VNC Authentication, needs password"));
  assertStringIncludes(lines[4]!, "pi: not probed: the server may block this gateway");
  assertEquals(fake.accepted, 4);
});

Deno.test("check exits with 1 for a file with mistakes, and names each with its place", async () => {
  await using place = await Place.make("gateway: { tls: maybe }\nsources: { pi: { port: 1 } }\n");
  const { code, stderr } = await place.run(["check"]);
  assertEquals(code, 1);
  assertMatch(stderr, /sources\.yaml:1:17: gateway\.tls: .+\n/);
  assertMatch(stderr, /sources\.yaml:2:\d+: sources\.pi.*: .+\n/);
});

Deno.test("check warns of renamed keys, and listens on nothing", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using place = await Place.make(
    `gateway: { listen: "127.0.0.1:${taken.addr.port}" }\nlimits: { per_viewer: 3 }\nsources: { demo: { demo: true } }\n`,
  );
  const { code, stderr } = await place.run(["check"]);
  assertEquals(code, 0);
  assertStringIncludes(stderr, "sources.yaml:2:11: limits.per_viewer");
});

Deno.test("init writes an example that check accepts, and never over a file", async () => {
  await using place = await Place.make();
  const first = await place.run(["init"]);
  assertEquals(first.code, 0);
  assertStringIncludes(first.stdout, "Wrote sources.yaml");
  const written = await Deno.readTextFile(place.file);
  assertEquals((await place.run(["check"])).code, 0, written);
  await place.edit("# mine\n");
  const second = await place.run(["init"]);
  assertEquals([second.code, second.stdout], [1, ""]);
  assertStringIncludes(second.stderr, "sources.yaml already exists");
  assertEquals(await Deno.readTextFile(place.file), "# mine\n");
  assertEquals((await place.run(["init", "--config", "other.yaml"])).code, 0);
  assertEquals(await Deno.readTextFile(`${place.folder}/other.yaml`), written);
});

Deno.test("the line that init prints starts a gateway on the file that it wrote, called by the task or by deno run", async () => {
  const project = new URL("../../", import.meta.url).pathname;
  const permissions = readTask("start").filter((word) => word.startsWith("--allow-"));
  const calls = {
    task: ["task", "--cwd", project, "start"],
    run: ["run", ...permissions, `${project}main.ts`],
  };
  for (const [form, call] of Object.entries(calls)) {
    await using place = await Place.make();
    const file = `${place.folder}/it's mine.yaml`;
    // A task runner or npx around this test has set variables for itself.
    const around = { INIT_CWD: place.folder, npm_lifecycle_event: "" };
    const env = { PORTHOLE_LISTEN: "127.0.0.1:0", NO_COLOR: "1", ...around };
    const printed = await runProgram(Deno.execPath(), {
      args: [...call, "init", "--config", file],
      env,
      cwd: place.folder,
    });
    const [, line = ""] = /Start with: (.+)$/m.exec(printed) ?? [];
    assertMatch(line, form === "task" ? /^deno task --cwd \S+ start --config / : /^deno run --allow-\S+ .* --config /);
    const folder = Deno.execPath().replace(/\/[^/]+$/, "");
    const PATH = `${folder}:${Deno.env.get("PATH")}`;
    await using program = await Program.start("sh", { args: ["-c", `exec ${line}`], env: { PATH }, cwd: place.folder });
    const [, url = ""] = await program.waitFor(/^porthole ready (https:\S+)$/m);
    using client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(`${place.folder}/data/tls/ca.crt`)] });
    const sources = await (await fetch(`${url}api/sources`, { client })).json() as { name: string }[];
    assertEquals(sources.map(({ name }) => name), ["demo"], line);
  }
});

Deno.test("init says in a sentence where it may not write", async () => {
  await using place = await Place.make();
  const { code, stdout, stderr } = await place.run(["init", "--config", "/sys/porthole.yaml"]);
  assertEquals([code, stdout], [1, ""]);
  assert(!/^\s+at /m.test(stderr), stderr);
});

Deno.test("hash reads a password from a pipe, and its hash signs in", async () => {
  await using place = await Place.make();
  const { code, stdout, stderr } = await place.run(["hash"], { input: "tiger lily\n" });
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^\$argon2id\$v=19\$m=\d+,t=\d+,p=1\$\S+\n$/);
  await place.edit(
    `gateway: { listen: 127.0.0.1:0, tls: none }\nauth: { users: { ada: { password: "${stdout.trim()}" } } }\nsources: {}\n`,
  );
  const { url } = await place.serve();
  const signIn = async (password: string) => {
    const body = new URLSearchParams({ name: "ada", password });
    const answer = await fetch(new URL("sign-in", url), { method: "POST", redirect: "manual", body });
    await answer.body?.cancel();
    return answer.status;
  };
  assertEquals([await signIn("tiger lily"), await signIn("tiger")], [303, 401]);
});

Deno.test("hash exits with 1 where nothing was entered", async () => {
  await using place = await Place.make();
  const { code, stdout, stderr } = await place.run(["hash"], { input: "" });
  assertEquals([code, stdout, stderr], [1, "", "No password was entered\n"]);
});

Deno.test("token prints a token and the hash to put into sources.yaml, and the two fit", async () => {
  await using place = await Place.make();
  const { code, stdout } = await place.run(["token"]);
  assertEquals(code, 0);
  const [, token = ""] = /^token: (\S+)$/m.exec(stdout) ?? [];
  await place.edit(
    `gateway: { listen: 127.0.0.1:0, tls: none }\n${
      stdout.slice(stdout.indexOf("auth:"))
    }\nsources: { demo: { demo: true } }\n`,
  );
  const { url } = await place.serve();
  const ask = async (token: string) => {
    const answer = await fetch(new URL("api/sources", url), { headers: { Authorization: `Bearer ${token}` } });
    await answer.body?.cancel();
    return answer.status;
  };
  assertEquals([await ask(token), await ask(`${token}x`)], [200, 401]);
});

Deno.test("link has none where nobody has to sign in, and says so", async () => {
  await using place = await Place.make("auth: none\nsources: { demo: { demo: true } }\n");
  const { code, stdout, stderr } = await place.run(["link"]);
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(stderr, "This gateway has no login link");
  assert(!/^\s+at /m.test(stderr), stderr);
});

Deno.test("--help and --version are on stdout", async () => {
  await using place = await Place.make();
  const version = await place.run(["--version"]);
  assertEquals([version.code, version.stdout, version.stderr], [
    0,
    `${JSON.parse(readProjectFile("deno.json")).version}\n`,
    "",
  ]);
  const help = await place.run(["--help"]);
  assertEquals([help.code, help.stderr], [0, ""]);
  assertMatch(help.stdout, /^Usage: deno run --allow-\S+ .*\/main\.ts \[COMMAND\]/m);
});

Deno.test("wrong usage exits with 2, and says what is wrong and where help is", async () => {
  await using place = await Place.make();
  for (const args of [["--nonsense"], ["hash", "secret"], ["init", "pi:1"], ["--listen"], ["--log", "loud"]]) {
    const { code, stdout, stderr } = await place.run(args);
    assertEquals([code, stdout], [2, ""], args.join(" "));
    assertStringIncludes(stderr, "--help");
  }
});
