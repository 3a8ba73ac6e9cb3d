import { assert, assertEquals, assertMatch } from "@std/assert";
import { FAILURES } from "../../../src/errors.ts";
import {
  type Answer,
  describeWait,
  explainAnswer,
  explainClose,
  explainGoodbye,
  explainSilence,
} from "../../../src/viewer/ending.ts";

Deno.test("explainClose() has a sentence for every close code that the gateway uses, and the same advice on retrying", () => {
  for (const { close, retry, title } of Object.values(FAILURES)) {
    if (close === null || close === 1000) continue; // 1000 is both the source's end and the viewer's own
    const ending = explainClose(close, "");
    assert(!ending.sentence.includes("code"), `${title} (${close}) is explained by its number only`);
    assertEquals(ending.retry, retry, `${title} (${close})`);
  }
});

Deno.test("explainClose() prefers the reason that came with the code", () => {
  const ending = explainClose(4502, "Cannot reach workshop: connection refused");
  assertEquals(ending, { sentence: "Cannot reach workshop: connection refused.", retry: true, remedy: "again" });
});

Deno.test("explainClose() falls back to the number of the code", () => {
  assertEquals(explainClose(4999, "").sentence, "The connection ended (code 4999).");
});

Deno.test("explainGoodbye() does not retry if the gateway or the code forbids it", () => {
  const goodbye = { type: "goodbye", code: "x", close: 4502, message: "Gone", retry: true } as const;
  assertEquals(explainGoodbye(goodbye), { sentence: "Gone.", retry: true, remedy: "again" });
  assertEquals(explainGoodbye({ ...goodbye, retry: false }).retry, false);
  assertEquals(explainGoodbye({ ...goodbye, close: 4511 }).retry, false);
  assertEquals(explainGoodbye({ ...goodbye, retry_after_ms: 900 }).retryAfterMs, 900);
});

Deno.test("explainGoodbye() falls back to the code if there is no message", () => {
  const ending = explainGoodbye({ type: "goodbye", code: "draining", close: 1012, message: "", retry: true });
  assertMatch(ending.sentence, /restarting/);
});

Deno.test("explainGoodbye() goes by the code, of which several may share a close code", () => {
  const ending = explainGoodbye({ type: "goodbye", code: "viewer_left", close: 1000, message: "", retry: false });
  assertEquals([ending.sentence, ending.remedy], ["You disconnected.", "connect"]);
});

const NOW_MS = Date.parse("2026-11-26T12:00:00Z");

function explain(status: number, more: Partial<Answer> = {}) {
  return explainAnswer({ status, redirects: false, problem: {}, retryAfter: null, ...more }, NOW_MS);
}

Deno.test("explainAnswer() gives each refusal of the gateway its own sentence, and the same advice on retrying", () => {
  for (const [code, { status, retry }] of Object.entries(FAILURES)) {
    const ending = explain(status ?? 500, { problem: { code, detail: `About ${code}` } });
    const sentence = code === "sign_in_required" ? FAILURES[code].sentence : `About ${code}`;
    assertEquals([ending.sentence, ending.retry], [`${sentence}.`, retry]);
  }
});

Deno.test("explainAnswer() takes a code of a newer gateway by its status", () => {
  const ending = explain(404, { problem: { code: "new", detail: "New" } });
  assertEquals(ending, { sentence: "New.", retry: false, remedy: "again" });
  assertEquals(explain(599, { problem: { code: "new", detail: "New" } }).retry, true);
});

Deno.test("explainAnswer() leads to a sign-in when the gateway or a proxy in front asks for one", () => {
  const endings = [
    explain(401, { problem: { code: "sign_in_required", detail: "Sign in to open this" } }),
    explain(401),
    explain(0, { redirects: true }),
  ];
  for (const ending of endings) {
    assertEquals([ending.retry, ending.remedy], [false, "sign_in"]);
    assertEquals(ending.sentence, "Your sign-in has ended: please sign in again.");
  }
});

Deno.test("explainAnswer() says that the gateway is away when something else answers, and tries again", () => {
  for (const status of [404, 500, 502, 503, 504, 523, 530]) {
    const ending = explain(status);
    assertEquals(ending.sentence, `The gateway is away: the proxy in front answers with status ${status}.`);
    assertEquals(ending.retry, true);
  }
  assertEquals(explain(200).sentence, "The gateway is away: something else answers at its address.");
});

Deno.test("explainAnswer() lets the page of a proxy that refuses the browser be seen", () => {
  const { retry, remedy } = explain(403);
  assertEquals([retry, remedy], [false, "reload"]);
});

Deno.test("explainAnswer() waits as long as Retry-After says, in seconds or as a date", () => {
  const limit = { problem: { code: "limit_reached", detail: "Full" } };
  const waits = [
    "7",
    " 0 ",
    "Thu, 26 Nov 2026 12:00:09 GMT",
    "Thu, 26 Nov 2026 11:00:00 GMT",
    "9999999999",
    "soon",
    null,
  ];
  const found = waits.map((retryAfter) => explain(429, { ...limit, retryAfter }).retryAfterMs);
  assertEquals(found, [7_000, 0, 9_000, 0, 86_400_000, undefined, undefined]);
  assertEquals(explain(503, { retryAfter: "3" }).retryAfterMs, 3_000);
});

Deno.test("explainSilence() tells a gateway that is away from a device that is offline, and tries again", () => {
  assertEquals([true, false].map(explainSilence).map(({ sentence, retry }) => [sentence, retry]), [
    ["The gateway is away: it does not answer.", true],
    ["This device is offline.", true],
  ]);
});

Deno.test("describeWait() counts whole seconds and never says zero", () => {
  assertEquals([4_001, 4_000, 1, 0, -5].map(describeWait), [
    "Next try in 5 s",
    "Next try in 4 s",
    "Next try in 1 s",
    "Trying again now",
    "Trying again now",
  ]);
});
