/** The gateway beside websockify, on the same token file: what opens there opens here. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseCommandLine, UsageError } from "../../src/config/command_line.ts";
import { ODD_TOKENS } from "../fakes/odd_tokens.ts";
import { sendRaw, UPGRADE } from "../fakes/raw_http.ts";
import { startFakeRfb } from "../fakes/rfb_server.ts";
import { startGateway } from "./gateway.ts";
import { findFreePort, Program, runProgram, testWith } from "./programs.ts";

const TOKENS = [...ODD_TOKENS, "pi", "tail "];

/** Lines as people write them; `T` is the target. */
const ODD_LINES = [
  "# a comment: T",
  "   # another: T",
  "",
  "\ttab:\tT",
  "   many:      T   ",
  "crlf: T\r",
  "twice: 127.0.0.1:1",
  "twice: T",
  "no colon T",
  "no:T",
  "three: colons: T",
  "bad:",
  "six: ::ffff:T",
  "last: T",
];

const PATHS = [
  "/websockify?token=TOKEN",
  "/websockify/?token=TOKEN",
  "/?token=TOKEN",
  "/vnc/websockify?token=TOKEN",
  "/ws?token=TOKEN",
  "/websockify?token=TOKEN&token=none",
  "/websockify?token=none&token=TOKEN",
  "/websockify?token=&token=TOKEN",
  "/websockify?other=1&token=TOKEN",
  "/websockify?token=TOKEN%0A",
  "/websockify?token=TOKEN%20",
  "/websockify?Token=TOKEN",
  "/websockify?token=none",
  "/websockify?token=",
  "/websockify?token",
  "/websockify",
];

async function startBoth(text: string) {
  await using stack = new AsyncDisposableStack();
  const fake = stack.use(await startFakeRfb());
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const file = `${folder}/tokens`;
  const write = (lines: string) => Deno.writeTextFile(file, lines.replaceAll("T\n", `127.0.0.1:${fake.port}\n`));
  await write(text);
  const theirs = findFreePort();
  const routing = ["--token-plugin", "TokenFile", "--token-source", file];
  // In a locale of Unicode, as on most machines.
  const env = { LC_ALL: "C.UTF-8" };
  const websockify = stack.use(await Program.start("websockify", { args: [...routing, `127.0.0.1:${theirs}`], env }));
  await websockify.waitFor(/proxying from/);
  const limits = { connects_per_minute: 10_000, per_source: 512, per_address: 512 };
  const gateway = stack.use(
    await startGateway({}, {}, "none", limits, { PORTHOLE_TOKEN_FILE: file }),
  );
  const rest = stack.move();
  const isOpened = async (port: number, path: string) =>
    (await sendRaw(port, { path, headers: { ...UPGRADE, "Sec-WebSocket-Protocol": "binary" } })).status === 101;
  return {
    gateway,
    write,
    /** Whether a path opens on websockify, and here. */
    open: (path: string) => Promise.all([isOpened(theirs, path), isOpened(Number(gateway.url.port), path)]),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

testWith(["websockify"], "every token opens on the paths on which websockify opens it, and on no other", async () => {
  await using rig = await startBoth(TOKENS.map((token) => `${token}: T\n`).join(""));
  for (const token of TOKENS) {
    for (const path of token === "pi" ? PATHS : PATHS.slice(0, 3)) {
      const asked = path.replace("TOKEN", encodeURIComponent(token));
      const [theirs, ours] = await rig.open(asked);
      assertEquals(ours, theirs, asked);
    }
    assertEquals((await rig.open(`/?token=${encodeURIComponent(token)}`))[1], true, token);
  }
});

testWith(["websockify"], "a token file is read as websockify reads it, line by line", async () => {
  await using rig = await startBoth(ODD_LINES.map((line) => `${line}\n`).join("").replace("crlf: T\r\n", "crlf: T\n"));
  for (
    const token of ["# a comment", "tab", "many", "crlf", "twice", "no colon T", "no", "three", "three: colons", "last"]
  ) {
    const [theirs, ours] = await rig.open(`/websockify?token=${encodeURIComponent(token)}`);
    assertEquals(ours, theirs, token);
  }
  assertStringIncludes(rig.gateway.program.output, "tokens:9:1: this line is left out");
});

testWith(["websockify"], "a token opens as soon as it is written, as on websockify", async () => {
  await using rig = await startBoth("");
  for (let at = 0; at < 5; at++) {
    await rig.write(`fresh${at}: T\n`);
    assertEquals(await rig.open(`/websockify?token=fresh${at}`), [true, true], `${at}`);
  }
});

testWith(
  ["websockify"],
  "every flag in websockify's help is known, or is answered with what to write instead",
  async () => {
    const help = await runProgram("websockify", { args: ["--help"] });
    const flags = Array.from(help.matchAll(/^ {2}(?:(-\w), )?(--[\w-]+)/gm), ([, short, long]) => [short, long]).flat();
    for (const flag of flags) {
      if (flag === undefined || ["-h", "--help", "--verbose", "--cert", "--key"].includes(flag)) continue;
      const { message, saysWhatToWrite } = assertThrows(
        () => parseCommandLine([flag, "x"], () => undefined),
        UsageError,
      );
      assertStringIncludes(message, `${flag} is a flag of websockify; `);
      assertEquals([message.split("\n").length, saysWhatToWrite], [1, true], message);
    }
  },
);

testWith(["websockify"], "a command line of websockify ends with exit code 2 and one line", async () => {
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const args = ["run", "-A", main, "--token-plugin", "TokenFile", "--token-source", "tokens", "6080"];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
  assertEquals([code, stdout.length, new TextDecoder().decode(stderr).split("\n").length], [2, 0, 2]);
});
