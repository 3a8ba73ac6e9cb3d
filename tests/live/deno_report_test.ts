/** docs/deno-serve-tls-nodelay.md, the report for Deno: what it shows can be run. */
import { assertEquals, assertMatch } from "@std/assert";
import { makeCa, makeLeaf } from "../../src/tls/ca.ts";
import { readProjectFile } from "../fakes/packaging.ts";
import { buildNodelay, COMPILER } from "./nodelay.ts";
import { findFreePort, Program, runProgram, testWith } from "./programs.ts";

const PAGE = readProjectFile("docs/deno-serve-tls-nodelay.md");

/** Its samples, by the file in their first line. */
const SAMPLES = new Map(PAGE.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms).map(([, name, text]) => [name!, text!]));

/** Makes the certificates that Deno's tests use. */
async function makeCertificates(folder: string): Promise<void> {
  const [names, nowMs] = [["localhost"], Date.now()];
  const ca = await makeCa({ host: "localhost", names, nowMs });
  const { cert, key } = await makeLeaf({ ca, names, nowMs });
  await Deno.mkdir(folder, { recursive: true });
  const files = { "localhost.crt": cert, "localhost.key": key, "RootCA.pem": ca.cert };
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
}

testWith(COMPILER, "its test for Deno fails on this Deno, and passes where connections have TCP_NODELAY", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await buildNodelay(stack);
  await makeCertificates(`${folder}/tests/testdata/tls`);
  const imports = `import { assertEquals } from ${JSON.stringify(import.meta.resolve("@std/assert"))};\n`;
  await Deno.writeTextFile(`${folder}/serve_test.ts`, imports + SAMPLES.get("serve_test.ts"));
  const args = ["test", "--no-config", "--no-check", "--allow-all", "serve_test.ts"];
  const run = async (env: Readonly<Record<string, string>>) => {
    await using program = await Program.start(Deno.execPath(), { args, env: { NO_COLOR: "1", ...env }, cwd: folder });
    return (await program.waitFor(/^(?:ok|FAILED) \| \d+ passed \| \d+ failed/m))[0];
  };
  assertEquals(await run({}), "FAILED | 0 passed | 1 failed");
  assertEquals(await run({ LD_PRELOAD: `${folder}/nodelay.so` }), "ok | 1 passed | 0 failed");
}, Deno.build.os === "linux" ? [] : ["Linux"]);

testWith(["openssl"], "its reproduction runs as it stands", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const ports = [findFreePort(), findFreePort()] as const;
  for (const [name, text] of SAMPLES) {
    const moved = text.replaceAll("8000", `${ports[0]}`).replaceAll("8443", `${ports[1]}`);
    await Deno.writeTextFile(`${folder}/${name}`, moved);
  }
  const [, ...lines] = PAGE.match(/^```sh\n(openssl .*)\n(deno .*)\n(deno .*)\n```$/m)!;
  const [makes, serves, asks] = lines.map((line) => line.split(" ").slice(1));
  await runProgram("openssl", { args: makes!, cwd: folder });
  const server = stack.use(await Program.start(Deno.execPath(), { args: serves!, cwd: folder }));
  await server.waitFor(/Listening on https/);
  const output = await runProgram(Deno.execPath(), { args: asks!, cwd: folder });
  assertMatch(output, /^ws:.* [\d.]+ ms\nwss:.* [\d.]+ ms\n$/);
});
