import { assertEquals } from "@std/assert";
import type { SourceConfig } from "../../../src/config/config.ts";
import { explainDialError } from "../../../src/source/dial/dial_error.ts";

const SOURCE = { title: "Workshop", connectTimeoutMs: 5_000 } as SourceConfig;

function explain(thrown: unknown, isLate = false): string[] {
  const { code, message } = explainDialError(thrown, SOURCE, isLate);
  return [code, message];
}

function fail(code: string, more: Record<string, unknown> = {}): Error {
  return Object.assign(new Error("connect 10.9.8.7:5900 failed"), { code, ...more });
}

Deno.test("explainDialError() names the reason that the system gave", () => {
  const states = {
    EHOSTUNREACH: "no route to it, or it is switched off",
    ENETUNREACH: "no route to its network",
    ETIMEDOUT: "no answer",
    ECONNRESET: "the connection was reset at once",
    EINVAL: "its address cannot be connected to",
    EMFILE: "the gateway has too many open files",
    EADDRNOTAVAIL: "the gateway's machine has no address or port left for it",
    EPERM: "the gateway is not permitted to open it",
  };
  for (const [code, state] of Object.entries(states)) {
    assertEquals(explain(fail(code)), ["vnc_unreachable", `Cannot reach Workshop: ${state}`]);
  }
  assertEquals(explain(new Deno.errors.ConnectionRefused()), [
    "vnc_refused",
    "Cannot reach Workshop: connection refused",
  ]);
  assertEquals(explain(fail("x"), true), ["vnc_timeout", "Cannot reach Workshop: no answer after 5 s"]);
});

Deno.test("explainDialError() tells a name that does not exist from a name server that does not answer", () => {
  const at = { syscall: "getaddrinfo" };
  assertEquals(explain(fail("ENOTFOUND", at))[1], "Cannot reach Workshop: its host name cannot be resolved");
  assertEquals(explain(fail("EAI_AGAIN", at))[1], "Cannot reach Workshop: the name server does not answer");
});

Deno.test("explainDialError() claims nothing of a failure that it does not know, and shows no address", () => {
  assertEquals(explain(fail("EPIPE"))[1], "Cannot reach Workshop: the connection failed (EPIPE)");
  for (const unknown of [fail("10.9.8.7"), new Error("10.9.8.7"), new TypeError("bad resource"), "gone", undefined]) {
    assertEquals(explain(unknown)[1], "Cannot reach Workshop: the connection failed");
  }
});
