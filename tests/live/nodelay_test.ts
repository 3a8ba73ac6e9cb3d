/** deploy/nodelay.c as it is built and preloaded. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { readProjectFile } from "../fakes/packaging.ts";
import { type LiveGateway, startGateway } from "./gateway.ts";
import { buildNodelay, COMPILER } from "./nodelay.ts";
import { runProgram, testWith } from "./programs.ts";
import { readNoDelay } from "./socket_options.ts";

/** What reads a socket's option. */
const LINUX = Deno.build.os === "linux" ? [] : ["Linux"];

function startOverTls(data: string, env: Readonly<Record<string, string>>): Promise<LiveGateway> {
  return startGateway({ demo: { demo: true } }, { tls: "auto", data }, "none", {}, env);
}

/** TCP_NODELAY at the gateway's end of a TLS connection. */
async function connectAndRead(gateway: LiveGateway, data: string): Promise<boolean> {
  const caCerts = [await Deno.readTextFile(`${data}/tls/ca.crt`)];
  using viewer = await Deno.connectTls({ hostname: "127.0.0.1", port: Number(gateway.url.port), caCerts });
  await viewer.handshake();
  return readNoDelay(gateway.program.pid, viewer);
}

testWith(COMPILER, "with deploy/nodelay.c preloaded, the gateway's TLS connections have TCP_NODELAY", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await buildNodelay(stack);
  const [, library = ""] = (await Deno.readTextFile(`${folder}/nodelay.env`)).match(/^LD_PRELOAD=(.*)\n$/)!;
  const gateway = stack.use(await startOverTls(folder, { LD_PRELOAD: library }));
  assert(await connectAndRead(gateway, folder));
  assertEquals(gateway.program.output.match(/preload/), null);
}, LINUX);

testWith([], "without it they have not, or Deno is mended and deploy/nodelay.c can go", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  // As in a systemd service whose library was removed: the loader says so, and goes on.
  const gateway = stack.use(await startOverTls(folder, { LD_PRELOAD: `${folder}/nodelay.so` }));
  assertEquals(await connectAndRead(gateway, folder), false);
  assertMatch(gateway.program.output, /nodelay\.so' from LD_PRELOAD cannot be preloaded .*: ignored/);
}, LINUX);

testWith(COMPILER, "with deploy/nodelay.c preloaded, a unix socket can still be listened on", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await buildNodelay(stack);
  const script = 'const at = { transport: "unix", path: Deno.args[0] }; using listener = Deno.listen(at);' +
    "using one = await Deno.connect(at); using other = await listener.accept(); console.log('accepted');";
  const env = { LD_PRELOAD: `${folder}/nodelay.so` };
  assertEquals(await runProgram(Deno.execPath(), { args: ["eval", script, `${folder}/socket`], env }), "accepted\n");
});

Deno.test("the container's command preloads the library if it is there, after what is preloaded already", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  await Deno.writeTextFile(`${folder}/deno`, '#!/bin/sh\necho "<$LD_PRELOAD>"\n', { mode: 0o755 });
  const script = readProjectFile("deploy/porthole.sh").replace("/app", folder)
    .replace("/usr/local/lib/porthole", folder);
  const run = async (preloaded: string) => {
    // Nothing is preloaded into the shell itself.
    const text = `LD_PRELOAD='${preloaded}'\n${script}`;
    return await runProgram("sh", { args: ["-c", text], env: { PATH: `${folder}:${Deno.env.get("PATH")}` } });
  };
  assertEquals(await run(""), "<>\n");
  await Deno.writeTextFile(`${folder}/nodelay.so`, "");
  assertMatch(await run(""), /^<[^:]*\/nodelay\.so>$/m);
  assertMatch(await run("other.so"), /^<other\.so:[^:]*\/nodelay\.so>$/m);
});

Deno.test("builder, container and systemd unit agree on the library's place", () => {
  const [, folder] = readProjectFile("deploy/build-nodelay").match(/^folder=\$\{1:-(.*)\}$/m)!;
  assertMatch(
    readProjectFile("deploy/porthole.service"),
    new RegExp(`^EnvironmentFile=-${folder}/nodelay\\.env$`, "m"),
  );
  assertMatch(readProjectFile("deploy/porthole.sh"), new RegExp(`^nodelay=${folder}/nodelay\\.so$`, "m"));
  const copied = new RegExp(`^COPY --from=nodelay ${folder}/nodelay\\.so ${folder}/nodelay\\.so$`, "m");
  assertMatch(readProjectFile("Dockerfile"), copied);
});
