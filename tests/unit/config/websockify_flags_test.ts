import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseCommandLine, UsageError } from "../../../src/config/command_line.ts";
import { FLAGS } from "../../../src/config/flags.ts";

/** Every flag in the help of websockify 0.13 and of novnc_proxy, without those that mean the same here. */
const FOREIGN =
  "-v --traffic --record --daemon -D --run-once --timeout --idle-timeout --key-password --ssl-only --ssl-target " +
  "--verify-client --cafile --ssl-version --ssl-ciphers --unix-listen --unix-listen-mode --unix-target --inetd --web " +
  "--web-auth --wrap-mode --prefer-ipv6 -6 --libserver --target-config --token-plugin --token-source --host-token " +
  "--auth-plugin --auth-source --heartbeat --log-file --syslog --legacy-syslog --file-only --vnc";

function refuse(...argv: string[]): UsageError {
  return assertThrows(() => parseCommandLine(argv, () => undefined), UsageError);
}

Deno.test("every flag of websockify and novnc_proxy is answered in one line with what to write instead", () => {
  for (const flag of FOREIGN.split(" ")) {
    for (
      const argv of [[flag], [flag, "x"], ["6080", flag, "localhost:5900"], ...flag.length > 2 ? [[`${flag}=x`]] : []]
    ) {
      const { message, saysWhatToWrite } = refuse(...argv);
      assertStringIncludes(message, `${flag} is a flag of websockify; `);
      assertEquals([message.split("\n").length, saysWhatToWrite, message.includes("VALUE")], [1, true, false], message);
    }
  }
});

Deno.test("the flags that an answer names exist", () => {
  for (const flag of FOREIGN.split(" ")) {
    const advice = refuse(flag).message.replace(/^\S+ /, "");
    for (const [, name] of advice.matchAll(/--([\w-]+)/g)) {
      assertEquals(FLAGS.some((known) => known.name === name), true, advice);
    }
  }
});

for (
  const [argv, sentence] of [
    [["--token-plugin", "TokenFile", "--token-source", "tokens", "6080"], "use --token-file FILE"],
    [["--token-source=tokens"], "use --token-file tokens"],
    [["--token-source", "my tokens"], 'use --token-file "my tokens"'],
    [["--target-config", "/etc/tokens/"], "use --token-file /etc/tokens/"],
    [["--vnc", "localhost:5901"], "use the target alone: localhost:5901"],
    [["--vnc"], "use the target alone: HOST:PORT"],
    [["--unix-target", "/run/vm.sock", "6080"], "use the target unix:/run/vm.sock"],
    [["--unix-target=$&\n"], 'use the target unix:"$&\\n"'],
    [["6080"], "6080 is a port, as websockify takes it; use --listen 0.0.0.0:6080, with --tls none for http and ws"],
    [["6080", "localhost:5900"], "use localhost:5900 --listen 0.0.0.0:6080, with --tls none for http and ws"],
    [["0.0.0.0:6080", "pi:1"], "use pi:1 --listen 0.0.0.0:6080"],
    [["[::]:6080", "pi"], "use pi --listen [::]:6080"],
    [[":6080", "pi"], "use pi --listen 0.0.0.0:6080"],
    [["6080", "--", "vncserver", ":1"], "6080 is a port, as websockify takes it; Porthole does not start programs"],
    [["--", "6080", "pi"], "use pi --listen 0.0.0.0:6080"],
    [["check", "6080", "pi"], "use pi --listen 0.0.0.0:6080"],
  ] as const
) {
  Deno.test(`${argv.join(" ").replace("\n", "\\n")} is answered with what to write`, () => {
    const { message, saysWhatToWrite } = refuse(...argv);
    assertStringIncludes(message, sentence);
    assertEquals([message.split("\n").length, saysWhatToWrite], [1, true]);
  });
}

Deno.test("hosts that resemble a command or a port are targets", () => {
  for (
    const word of [
      "pink",
      "linux",
      "mint",
      "tokyo",
      "shark",
      "chek:5900",
      "6080.example",
      "check=chek",
      "host1",
    ]
  ) {
    assertEquals(parseCommandLine([word], () => undefined).kind, "start", word);
  }
  assertEquals(parseCommandLine(["localhost:6080", "localhost:5900"], () => undefined).kind, "start");
});
