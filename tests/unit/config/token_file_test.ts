import { assertEquals, assertRejects } from "@std/assert";
import { resolve } from "node:path";
import { loadConfig } from "../../../src/config/load.ts";
import { ConfigError, formatProblem } from "../../../src/config/problem.ts";
import { createTokenFileProvider } from "../../../src/config/token_file.ts";

async function makeFolder(files: Record<string, string>): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir();
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${path}/${name}`, text);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("createTokenFileProvider() reads names, comments, blank lines, IPv6 and unix sockets", async () => {
  await using folder = await makeFolder({
    tokens:
      "# ours\n\npi: 192.168.1.31:5901\r\nsix: ::1:5902\n  seven:\t[fd00::1]:81\nvm: unix_socket:/run/vm.vnc\nlow: h:1",
  });
  const { sources, problems, files } = await createTokenFileProvider([`${folder.path}/tokens`], Deno.readFile).read();
  assertEquals(problems, []);
  assertEquals(files, [`${folder.path}/tokens`]);
  assertEquals(Object.fromEntries([...sources].map(([name, { target }]) => [name, target])), {
    pi: { kind: "tcp", hostname: "192.168.1.31", port: 5901 },
    six: { kind: "tcp", hostname: "::1", port: 5902 },
    seven: { kind: "tcp", hostname: "fd00::1", port: 81 },
    vm: { kind: "unix", path: resolve("/run/vm.vnc") },
    low: { kind: "tcp", hostname: "h", port: 1 },
  });
});

Deno.test("createTokenFileProvider() reads the files of a folder in the order of names, except hidden ones and subfolders", async () => {
  await using folder = await makeFolder({ b: "two: h:2", a: "one: h:1", ".swp": "nonsense" });
  await Deno.mkdir(`${folder.path}/inner`);
  const { sources, problems, files } = await createTokenFileProvider([folder.path], Deno.readFile).read();
  assertEquals([...sources.keys()], ["one", "two"]);
  assertEquals(problems, []);
  assertEquals(files, [folder.path, `${folder.path}/a`, `${folder.path}/b`]);
});

Deno.test("createTokenFileProvider() reports every line that it cannot use", async () => {
  await using folder = await makeFolder({
    tokens: "pi 192.168.1.31\n__proto__: h:1\na: h\nb: h:99999\nb: h:1\nb: h:2\nc: a b:1\nd: :5\ne: h:",
  });
  const { sources, problems } = await createTokenFileProvider([`${folder.path}/tokens`], Deno.readFile).read();
  assertEquals([...sources.keys()], ["b"]);
  assertEquals(problems.map(({ line }) => line), [1, 2, 3, 4, 6, 7, 8, 9]);
});

Deno.test("createTokenFileProvider() reports a missing file and one that is not text", async () => {
  await using folder = await makeFolder({});
  await Deno.writeFile(`${folder.path}/binary`, new Uint8Array([0xff, 0xfe]));
  const paths = [`${folder.path}/none`, `${folder.path}/binary`];
  const { problems } = await createTokenFileProvider(paths, Deno.readFile).read();
  assertEquals(problems.map(({ message }) => message), [
    "cannot be read: not found",
    "cannot be read: it is not valid UTF-8 text",
  ]);
});

Deno.test("loadConfig() reads sources from token files, and reports the file and line of problems in them", async () => {
  await using folder = await makeFolder({ good: "pi: 10.0.0.7:5901", bad: "\na_b: h:1\n-c: h:1" });
  const env = () => undefined;
  const { config } = await loadConfig({ env, overrides: { tokenFiles: [`${folder.path}/good`] } });
  assertEquals(config.sources.get("pi")?.target, { kind: "tcp", hostname: "10.0.0.7", port: 5901 });
  const error = await assertRejects(
    () => loadConfig({ env, overrides: { tokenFiles: [`${folder.path}/bad`] } }),
    ConfigError,
  );
  assertEquals(error.problems.map(formatProblem), [
    `${folder.path}/bad:3:1: has an invalid name, "-c": use 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit`,
  ]);
});
