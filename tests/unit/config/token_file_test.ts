import { assert, assertEquals, assertRejects } from "@std/assert";
import { resolve } from "node:path";
import { loadConfig } from "../../../src/config/load.ts";
import { ConfigError, formatProblem } from "../../../src/config/problem.ts";
import { markToken } from "../../../src/config/source_token.ts";
import { createTokenFileProvider } from "../../../src/config/token_file.ts";
import { ODD_TOKENS } from "../../fakes/odd_tokens.ts";
import { createFileReader } from "../../../src/files/file_reader.ts";

type Folder = AsyncDisposable & { readonly path: string };

async function makeFolder(files: Record<string, string | Uint8Array>): Promise<Folder> {
  const path = await Deno.makeTempDir();
  for (const [name, content] of Object.entries(files)) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(`${path}/${name}`, bytes);
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

const read = (...paths: string[]) => createTokenFileProvider(paths, createFileReader()).read();

/** The target of each of these tokens. */
async function readTargets(text: string, tokens: readonly string[]) {
  await using folder = await makeFolder({ tokens: text });
  const { sources, problems, warnings = [] } = await read(`${folder.path}/tokens`);
  assertEquals(problems, []);
  assertEquals(sources.size, new Set(tokens).size);
  return { targets: tokens.map((token) => sources.get(markToken(token).name)?.target), warnings };
}

Deno.test("createTokenFileProvider() reads comments, blank lines, white space, IPv6, unix sockets and a byte order mark", async () => {
  const { targets, warnings } = await readTargets(
    "\ufeffbom: h:9\r\n# ours\n\npi: 192.168.1.31:5901\r\nsix: ::1:5902\n  seven:\t[fd00::1]:81\n   # theirs\nfar:      h:7\r" +
      "vm: unix_socket:/run/vm.vnc\nodd: unix_socket:/run/a:b\nlow: h:1",
    ["bom", "pi", "six", "seven", "far", "vm", "odd", "low"],
  );
  assertEquals(warnings, []);
  assertEquals(targets, [
    { kind: "tcp", hostname: "h", port: 9 },
    { kind: "tcp", hostname: "192.168.1.31", port: 5901 },
    { kind: "tcp", hostname: "::1", port: 5902 },
    { kind: "tcp", hostname: "fd00::1", port: 81 },
    { kind: "tcp", hostname: "h", port: 7 },
    { kind: "unix", path: resolve("/run/vm.vnc") },
    { kind: "unix", path: resolve("/run/a:b") },
    { kind: "tcp", hostname: "h", port: 1 },
  ]);
});

const ANY_TEXT = [
  ...ODD_TOKENS,
  "x".repeat(1024),
  "__proto__",
  "constructor",
  "../pi",
  "10.0.0.1:5900",
  "🖥",
];
for (const token of ANY_TEXT) {
  Deno.test(`a token can be ${token.slice(0, 80)}`, async () => {
    const { targets, warnings } = await readTargets(`${token}: h:1\n`, [token]);
    assertEquals([targets, warnings], [[{ kind: "tcp", hostname: "h", port: 1 }], []]);
  });
}

Deno.test("the name of a source stands for its token, and the token is nowhere else", async () => {
  await using folder = await makeFolder({ tokens: "secret-of-ada: h:1\n" });
  const { config } = await loadConfig({ env: () => undefined, overrides: { tokenFiles: [`${folder.path}/tokens`] } });
  const [source] = config.sources.values();
  assertEquals([source?.name, source?.title, source?.tokenHash?.length], [
    markToken("secret-of-ada").name,
    source?.name,
    64,
  ]);
  assert(!JSON.stringify([...config.sources]).includes("secret-of-ada"));
});

Deno.test("of several lines with one token the last counts, across files too, and a warning names both", async () => {
  await using folder = await makeFolder({ a: "one: h:1\ntwo: h:2\none: h:3\n", b: "two: h:4\n" });
  const { sources, problems, warnings = [] } = await read(folder.path);
  const targets = ["one", "two"].map((token) => sources.get(markToken(token).name)?.target);
  assertEquals(targets, [{ kind: "tcp", hostname: "h", port: 3 }, { kind: "tcp", hostname: "h", port: 4 }]);
  assertEquals([problems, warnings.map(formatProblem)], [[], [
    `${folder.path}/a:3:1: this line has the same token as ${folder.path}/a:1, and replaces it`,
    `${folder.path}/b:1:1: this line has the same token as ${folder.path}/a:2, and replaces it`,
  ]]);
});

Deno.test("a line that cannot be used is left out with a warning that names file and line, but not its text", async () => {
  const lines = [
    "leak1 192.168.1.31",
    "leak2:h:1",
    "a: leak3",
    "b: leak4:99999",
    "c: leak 5:1",
    "d: :5",
    "e: leak6:",
    ": leak7:1",
    `${"leak8".repeat(300)}: h:1`,
    "leak9: leak10: h:1",
    "leak\0: h:1",
    "unix: unix_socket:",
  ];
  await using folder = await makeFolder({ tokens: [...lines, "good: h:1"].join("\n") });
  const { sources, problems, warnings = [] } = await read(`${folder.path}/tokens`);
  assertEquals([[...sources.keys()], problems], [[markToken("good").name], []]);
  assertEquals(warnings.map(({ line }) => line), lines.map((_, index) => index + 1));
  const text = warnings.map(formatProblem).join("\n");
  assert(!/leak/.test(text), text);
});

Deno.test("a line that is not UTF-8 is left out, and the others are read", async () => {
  const latin1 = Uint8Array.from([
    ...new TextEncoder().encode("a: h:1\nb"),
    0xfc,
    ...new TextEncoder().encode(": h:2\nc: h:3"),
  ]);
  await using folder = await makeFolder({ tokens: latin1 });
  const { sources, warnings = [] } = await read(`${folder.path}/tokens`);
  assertEquals([[...sources.keys()].length, warnings.map(({ line }) => line)], [2, [2]]);
});

Deno.test("many bad lines give 100 warnings and a count", async () => {
  await using folder = await makeFolder({ tokens: "bad\n".repeat(5000) });
  const { warnings = [] } = await read(`${folder.path}/tokens`);
  assertEquals([warnings.length, warnings.at(-1)?.message], [
    101,
    "4900 more lines of token files were left out or repeated",
  ]);
});

Deno.test("the files of a folder are read, except hidden ones, subfolders, sockets and what editors leave", async () => {
  await using folder = await makeFolder({
    b: "two: h:2",
    a: "one: h:1",
    "a~": "x: h:1",
    ".a.swp": "nonsense",
    "a.swp": "nonsense",
    "#a#": "x: h:1",
    ".hidden": "x: h:1",
  });
  await Deno.mkdir(`${folder.path}/inner`);
  await Deno.symlink("nowhere", `${folder.path}/gone`);
  using _socket = Deno.listen({ transport: "unix", path: `${folder.path}/socket` });
  const { sources, problems, warnings, files } = await read(folder.path);
  assertEquals([...sources.keys()], ["one", "two"].map((token) => markToken(token).name));
  assertEquals([problems, warnings], [[], []]);
  assertEquals(files, [folder.path, `${folder.path}/a`, `${folder.path}/b`]);
});

Deno.test("a missing file, a socket and one that is too large are problems; in a folder it is left out with a warning", async () => {
  await using folder = await makeFolder({ good: "a: h:1", large: "a: h:1" });
  const [none, socket] = [`${folder.path}/none`, `${folder.path}/socket`];
  using _socket = Deno.listen({ transport: "unix", path: socket });
  await Deno.truncate(`${folder.path}/large`, 16 * 1024 * 1024 + 1);
  const { problems } = await read(none, socket, `${folder.path}/large`);
  assertEquals(problems.map(({ message }) => message), [
    "cannot be read: not found",
    "cannot be read: it is a socket, not a file",
    "cannot be read: it is larger than 16 MiB",
  ]);
  const listed = await read(folder.path);
  assertEquals([listed.sources.size, listed.problems], [1, []]);
  assertEquals(listed.warnings?.map(({ message }) => message), ["this file is left out: it is larger than 16 MiB"]);
});

Deno.test("loadConfig() warns of what is left out, and keeps the name where a token is also one", async () => {
  await using folder = await makeFolder({ tokens: "pi: token:1\nvm: token:2\n\nbad\n" });
  const env = () => undefined;
  const overrides = { tokenFiles: [`${folder.path}/tokens`] };
  const { config, warnings } = await loadConfig({ env, text: "sources: { pi: file }", overrides });
  assertEquals([...config.sources.keys()], ["pi", markToken("vm").name]);
  assertEquals(warnings.map(formatProblem), [
    `${folder.path}/tokens:4:1: this line is left out: it must be TOKEN: HOST:PORT, with one space after a colon`,
    "sources.pi: this name is also a token in a token file, where it is left out",
  ]);
  const missing = { tokenFiles: [`${folder.path}/none`] };
  await assertRejects(() => loadConfig({ env, overrides: missing }), ConfigError, "none: cannot be read: not found");
});

Deno.test("loadConfig() needs no sources beside a token file, and the last token can be taken out", async () => {
  await using folder = await makeFolder({ tokens: "vm: h:1\n" });
  const load = (tokenFiles: string[]) =>
    loadConfig({ env: () => undefined, text: "gateway: {}", overrides: { tokenFiles } });
  const path = `${folder.path}/tokens`;
  assertEquals([...(await load([path])).config.sources.keys()], [markToken("vm").name]);
  await Deno.writeTextFile(path, "");
  assertEquals((await load([path])).config.sources.size, 0);
  await assertRejects(() => load([]), ConfigError, "sources: is missing");
});
