/** What people and programs write into the configuration: text that is valid, damaged or noise. YAML is in yaml_document_test.ts. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseHost, parseListener, parseTarget } from "../../../src/config/address.ts";
import { exampleYaml } from "../../../src/config/init.ts";
import { parseNetwork, parseProxy } from "../../../src/config/network.ts";
import { createTokenFileProvider } from "../../../src/config/token_file.ts";
import { parseDuration, parseSize } from "../../../src/config/units.ts";
import * as web from "../../../src/config/web_address.ts";
import { readYaml } from "../../../src/config/yaml_document.ts";
import { ConfigError } from "../../../src/config/problem.ts";
import { readWith } from "../../fakes/fake_reader.ts";
import { FOREIGN, foreignText } from "../../fakes/foreign.ts";
import { assertPlaced, findProblems } from "./find_problems.ts";

/** The result; undefined where the parser says in a SyntaxError what is wrong. Anything else fails the test. */
function parse<Result>(parser: (text: string) => Result, text: string): Result | undefined {
  try {
    return parser(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    assert(error.message.length > 0);
  }
}

Deno.test("durations and sizes are whole numbers within their limits, and zero only where zero is written", () => {
  const texts = foreignText(["500ms", "5s", "1.5m", "365d", "16MiB", "1GB", "0"], [
    "9",
    ".",
    "-",
    "e9",
    "0x",
    "٣",
    "ms",
  ]);
  fc.assert(
    fc.property(texts, (text) => {
      const [ms, bytes] = [parse(parseDuration, text), parse(parseSize, text)];
      for (const number of [ms, bytes]) assert(number === undefined || (Number.isSafeInteger(number) && number >= 0));
      assert(ms === undefined || ms <= 366 * 86_400_000);
      if (ms === 0) assert(/0/.test(text), text);
      if (ms !== undefined) assertEquals(parseDuration(`${ms}ms`), ms);
      if (bytes !== undefined) assertEquals(parseSize(`${bytes}`), bytes);
    }),
    FOREIGN,
  );
});

Deno.test("a host, target or listener that is accepted is accepted again as it was read", () => {
  const valid = ["192.168.1.31:5901", "[fd00::1]:1", "pi.lan", "unix:/run/vm7.vnc", "büro.example:5900"];
  fc.assert(
    fc.property(foreignText(valid, [":", "[", "]", "::", "-", "65536", "unix:", "@"]), (text) => {
      const host = parse(parseHost, text);
      if (host !== undefined) assertEquals(parseHost(host), host);
      for (const address of [parse(parseTarget, text), parse((one) => parseListener(one, 8443), text)]) {
        if (address?.kind === "unix") assert(address.path !== "" && !address.path.includes("\0"));
        if (address?.kind !== "tcp") continue;
        assert(address.port >= 0 && address.port <= 65_535);
        // A host of that name, with a port, would be a path.
        if (address.hostname.toLowerCase() === "unix") continue;
        const written = address.hostname.includes(":") ? `[${address.hostname}]` : address.hostname;
        assertEquals(parseListener(`${written}:${address.port}`, 1), address);
      }
    }),
    { ...FOREIGN, examples: [["unix"]] },
  );
});

Deno.test("networks, web addresses and fingerprints that are accepted stay what they are", () => {
  const parsers: ((text: string) => string | URL)[] = [
    ...[parseNetwork, parseProxy, web.parseBasePath, web.parsePublicUrl, web.parseProviderUrl],
    ...[web.parseSinkUrl, web.parseOrigin, web.parseFingerprint],
  ];
  const fingerprint = `sha256:${"ab".repeat(32)}`;
  const valid = [
    "10.0.0.0/8",
    "fd00::/8",
    "/vnc/",
    "https://vnc.example.net/vnc/",
    "https://home.example.net",
    fingerprint,
  ];
  fc.assert(
    fc.property(foreignText(valid, ["/", ":", "@", "?", "#", "..", "129"]), (text) => {
      for (const parser of parsers) {
        const read = parse(parser, text);
        if (read !== undefined) assertEquals(`${parse(parser, `${read}`)}`, `${read}`, parser.name);
      }
    }),
    FOREIGN,
  );
});

Deno.test("a token file gives sources with a target and no token in what it reports", async () => {
  const lines = ["secret-1: 10.0.0.1:5900", "secret-2: unix_socket:/run/a.vnc", "# comment", "secret-3: pi.lan:1"];
  const texts = foreignText([lines.join("\n"), ...lines], [": ", ":", "\n", "secret-4", "h:1"]);
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const provider = createTokenFileProvider(["/c/tokens"], readWith(() => text));
      const { sources, warnings = [], problems = [] } = await provider.read();
      for (const [name, { target, tokenHash }] of sources) {
        assert(target !== undefined && tokenHash !== undefined && !name.includes("secret"));
      }
      for (const { message } of [...warnings, ...problems]) assert(!message.includes("secret-"), message);
    }),
    FOREIGN,
  );
});

/** The example that `init` writes, with every key in force. */
const EXAMPLE = exampleYaml().replaceAll(/^# {1,3}(?=\S)/gm, "");

Deno.test("readYaml() gives a value or problems with their places for a damaged file", () => {
  const part = fc.nat(EXAMPLE.length).map((at) => EXAMPLE.slice(at, at + 400));
  const pieces = ["\n", "  ", "- ", ": ", "&a ", "*a", "{", "}", "[", "|", ">", "!!str ", "'", "---\n", "\t"];
  fc.assert(
    fc.property(part.chain((text) => foreignText([text], pieces)), (text) => {
      try {
        readYaml(text);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        assert(error.problems.length > 0);
        assertPlaced(text, error.problems);
      }
    }),
    FOREIGN,
  );
});

/** Whether the text still says what is the password: "host: hunter2" is a host, and its problem may repeat it. */
function onlyAsPassword(text: string): boolean {
  return !text.replaceAll(/\bpassword: "?hunter2/g, "").includes("hunter2");
}

Deno.test("loadConfig() gives a configuration or problems with their places for a damaged file", async () => {
  const file = `auth:
  users: { ada: { password: "hunter2" } }
limits: { sessions: 5, idle: 5m, up_queue: 1MiB }
sources:
  pi: 192.168.1.31
  workshop: { host: 192.168.1.20, display: 1, password: hunter2, tls: { fingerprint: "sha256:00" } }
`;
  await fc.assert(
    fc.asyncProperty(foreignText([file, EXAMPLE.slice(0, 1_000)], ["\n", "  ", ": ", "{", "}", "- "]), async (text) => {
      const written = text.toWellFormed();
      const problems = await findProblems(written);
      assertPlaced(written, problems);
      if (!onlyAsPassword(written)) return;
      for (const { message } of problems) assert(!message.includes("hunter2"), message);
    }),
    FOREIGN,
  );
});
