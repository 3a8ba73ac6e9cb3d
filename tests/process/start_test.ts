/** A gateway as a process: its ready line, its log, its signals and its exit codes. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openRaw } from "../fakes/raw_viewer.ts";
import { openViewer } from "../fakes/web_viewer.ts";
import { type Ended, Place } from "./porthole.ts";

const PLAIN = "gateway: { listen: 127.0.0.1:0, tls: none }\n";
const DEMO = "sources: { demo: { demo: true } }\n";

async function readNames(url: URL): Promise<string[]> {
  const sources: { name: string }[] = await (await fetch(new URL("api/sources", url))).json();
  return sources.map(({ name }) => name);
}

function openDemo(url: URL) {
  return openViewer(`${url.href.replace("http", "ws")}ws/vnc/demo`, ["porthole.v1"]);
}

Deno.test("a start says one line on stdout, and serves what it names", async () => {
  await using place = await Place.make(PLAIN + DEMO);
  const gateway = await place.serve();
  assertEquals(await readNames(gateway.url), ["demo"]);
  gateway.signal("SIGTERM");
  const { code, stdout } = await gateway.ended;
  assertEquals([code, stdout], [0, `porthole ready ${gateway.url}\n`]);
});

Deno.test("a start looks at every source, and says on stderr what it found", async () => {
  await using place = await Place.make(`${PLAIN}sources: { demo: { demo: true }, gone: 127.0.0.1:1 }\n`);
  const gateway = await place.serve();
  await gateway.waitFor("stderr", /demo: RFB 3\.8/);
  await gateway.waitFor("stderr", /gone: Cannot reach gone: connection refused/);
});

Deno.test("--verbose and PORTHOLE_LOG change the log", async () => {
  await using place = await Place.make(PLAIN + DEMO);
  const gateway = await place.serve(["--verbose"], { env: { PORTHOLE_LOG: "json" } });
  await using viewer = openDemo(gateway.url);
  await viewer.opened;
  const [line] = await gateway.waitFor("stderr", /^\{.*"Session dialing".*\}$/m);
  assertEquals(JSON.parse(line).level, "debug");
});

Deno.test("targets need no file, and a wrong flag exits with 2", async () => {
  await using place = await Place.make();
  const gateway = await place.serve(["pi=127.0.0.1:1", "--listen", "127.0.0.1:0", "--tls", "none"]);
  assertEquals(await readNames(gateway.url), ["pi"]);
  const { code, stdout, stderr } = await place.run(["--lisen", "127.0.0.1:0"]);
  assertEquals([code, stdout], [2, ""]);
  assertStringIncludes(stderr, "--lisen");
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} tells viewers to come back, closes the port and exits with 0`, async () => {
    await using place = await Place.make(PLAIN + DEMO);
    const gateway = await place.serve();
    await using viewer = openDemo(gateway.url);
    await viewer.until(({ byteCount }) => byteCount >= 12);
    gateway.signal(signal);
    await viewer.closed;
    const goodbye = viewer.side.find(({ type }) => type === "goodbye");
    assertEquals([goodbye?.code, goodbye?.close], ["draining", 1012]);
    assertEquals((await gateway.ended).code, 0);
    await fetch(gateway.url).then(() => assert(false, "the port is still open"), () => {});
  });
}

Deno.test("a second signal does not wait for viewers, and exits with 1", async () => {
  await using place = await Place.make(PLAIN + DEMO);
  const gateway = await place.serve();
  // A viewer that does not answer the close frame holds up the first one.
  await using viewer = await openRaw(Number(gateway.url.port), "/ws/vnc/demo");
  assertEquals(viewer.status, 101);
  gateway.signal("SIGTERM");
  await gateway.waitFor("stderr", /Stopping/);
  gateway.signal("SIGTERM");
  assertEquals((await gateway.ended).code, 1);
});

Deno.test("an edited file is in force soon, and one with a mistake leaves the old one in force and says where", async () => {
  await using place = await Place.make(PLAIN + DEMO);
  const gateway = await place.serve();
  await place.edit(`${PLAIN}sources: { demo: { demo: true }, pi: 127.0.0.1:1 }\n`);
  await gateway.waitFor("stderr", /Configuration changed.*pi/);
  assertEquals(await readNames(gateway.url), ["demo", "pi"]);
  await place.edit(`${PLAIN}sources: { demo: { demo: maybe } }\n`);
  await gateway.waitFor("stderr", /sources\.yaml:2:26: sources\.demo\.demo/);
  assertEquals(await readNames(gateway.url), ["demo", "pi"]);
});

Deno.test("an edit ends the sessions of the source that it removes, and only those", async () => {
  await using place = await Place.make(`${PLAIN}sources: { demo: { demo: true }, other: { demo: true } }\n`);
  const gateway = await place.serve();
  await using viewer = openDemo(gateway.url);
  await using other = openViewer(`${gateway.url.href.replace("http", "ws")}ws/vnc/other`, ["porthole.v1"]);
  await Promise.all([viewer, other].map((one) => one.until(({ byteCount }) => byteCount >= 12)));
  await place.edit(`${PLAIN}sources: { other: { demo: true } }\n`);
  await viewer.closed;
  assertEquals(viewer.side.find(({ type }) => type === "goodbye")?.code, "source_removed");
  assertEquals(other.socket.readyState, WebSocket.OPEN);
});

Deno.test("SIGHUP reads the file again, although nothing says that it has changed", async () => {
  const write = (path: string, title: string) =>
    Deno.writeTextFile(path, `${PLAIN}sources: { demo: { demo: true, title: ${title} } }\n`);
  await using place = await Place.make();
  await write(place.file, "One");
  const hidden = `${place.folder}/held/link`;
  await Deno.mkdir(`${place.folder}/held`);
  await Deno.link(place.file, hidden);
  const gateway = await place.serve();
  // Once the watcher has seen this, it is past its look at the start.
  await write(place.file, "Six");
  await gateway.waitFor("stderr", /Configuration changed/);
  // Through a second link in another folder, with the same size and the same time: the watcher sees nothing.
  const { mtime, atime } = await Deno.stat(place.file);
  await write(hidden, "Two");
  await Deno.utime(hidden, atime!, mtime!);
  gateway.signal("SIGHUP");
  await gateway.waitFor("stderr", /(Configuration changed[^]*){2}/);
  const [demo] = await (await fetch(new URL("api/sources", gateway.url))).json();
  assertEquals(demo.title, "Two");
});

Deno.test("a start that cannot be says why in a sentence, and exits with 1", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await using place = await Place.make();
  const cases: readonly (readonly [yaml: string, sentence: string])[] = [
    [
      `gateway: { listen: "127.0.0.1:${port}", tls: none }\n${DEMO}`,
      `Cannot listen on 127.0.0.1:${port}: another program is listening there`,
    ],
    ["gateway: { tls: maybe }\nsources: { pi: { port: 1 } }\n", "sources.yaml:1:17: gateway.tls"],
    ["gateway: { tls: { cert: none.pem, key: none.pem } }\nsources: {}\n", "none.pem"],
  ];
  for (const [yaml, sentence] of cases) {
    await place.edit(yaml);
    assertRefusal(await place.run([]), sentence);
  }
  assertRefusal(await place.run(["--config", "none.yaml"]), "none.yaml");
  assertRefusal(await place.run(["--config", place.folder]), place.folder);
});

function assertRefusal({ code, stdout, stderr }: Ended, sentence: string): void {
  assertEquals([code, stdout], [1, ""], stderr);
  assertStringIncludes(stderr, sentence);
  assert(!/^\s+at /m.test(stderr), `a stack: ${stderr}`);
}

Deno.test("the first start prints a login link, which `link` replaces", async () => {
  await using place = await Place.make(`${PLAIN.replace(" }", ", public_url: https://vnc.example.net/ }")}${DEMO}`);
  const gateway = await place.serve();
  const first = readToken(gateway.said("stdout"));
  const signIn = async (token: string) => {
    const { status, body } = await fetch(new URL("sign-in", gateway.url), {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams({ token }),
    });
    await body?.cancel();
    return status;
  };
  assertEquals([await signIn(first), await signIn("other")], [303, 401]);
  const { code, stdout } = await place.run(["link"]);
  assertEquals(code, 0);
  assertEquals([await signIn(readToken(stdout)), await signIn(first)], [303, 401]);
});

function readToken(stdout: string): string {
  const [, token = ""] = /^porthole login \S+#token=([\w-]{43})$/m.exec(stdout) ?? [];
  return token;
}

Deno.test("an error that nobody handles is logged, and the gateway goes on", async () => {
  await using place = await Place.make(PLAIN + DEMO);
  // Errs twice when a file says so.
  const preload = `${place.folder}/stray.ts`;
  await Deno.writeTextFile(
    preload,
    `const timer = setInterval(() => {
      if (![...Deno.readDirSync(".")].some(({ name }) => name === "now")) return;
      clearInterval(timer);
      Promise.reject(new Error("a stray rejection"));
      setTimeout(() => { throw new Error("a stray exception"); });
    }, 5);
    Deno.unrefTimer(timer);`,
  );
  const gateway = await place.serve([], { preload });
  await Deno.writeTextFile(`${place.folder}/now`, "");
  await gateway.waitFor("stderr", /ERROR Unhandled rejection .*a stray rejection/);
  await gateway.waitFor("stderr", /ERROR Uncaught error .*a stray exception/);
  assertEquals(await readNames(gateway.url), ["demo"]);
});

Deno.test("a gateway that anybody on the network can use warns of that", async () => {
  await using place = await Place.make(`auth: none\n${PLAIN.replace("127.0.0.1", "0.0.0.0")}sources: {}\n`);
  const gateway = await place.serve();
  await gateway.waitFor("stderr", /WARN.* Anyone who can reach this address can open every source/);
});
