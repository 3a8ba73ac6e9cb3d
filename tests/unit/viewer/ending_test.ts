import { assert, assertEquals, assertMatch } from "@std/assert";
import { FAILURES } from "../../../src/errors.ts";
import { describeWait, explainClose, explainGoodbye, explainStatus } from "../../../src/viewer/ending.ts";

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
  assertEquals(ending, { close: 4502, sentence: "Cannot reach workshop: connection refused.", retry: true });
});

Deno.test("explainClose() falls back to the number of the code", () => {
  assertEquals(explainClose(4999, "").sentence, "The connection ended (code 4999).");
});

Deno.test("explainGoodbye() does not retry if the gateway or the code forbids it", () => {
  const goodbye = { type: "goodbye", code: "x", close: 4502, message: "Gone", retry: true } as const;
  assertEquals(explainGoodbye(goodbye), { close: 4502, sentence: "Gone.", retry: true });
  assertEquals(explainGoodbye({ ...goodbye, retry: false }).retry, false);
  assertEquals(explainGoodbye({ ...goodbye, close: 4511 }).retry, false);
  assertEquals(explainGoodbye({ ...goodbye, retry_after_ms: 900 }).retryAfterMs, 900);
});

Deno.test("explainGoodbye() falls back to the code if there is no message", () => {
  const ending = explainGoodbye({ type: "goodbye", code: "draining", close: 1012, message: "", retry: true });
  assertMatch(ending.sentence, /restarting/);
});

Deno.test("explainStatus() maps refusals before the upgrade to the close codes of the same meaning", () => {
  assertEquals(explainStatus(401, "")?.close, 4401);
  assertEquals(explainStatus(404, "This screen does not exist"), {
    close: 4404,
    sentence: "This screen does not exist.",
    retry: false,
  });
  assertEquals(explainStatus(503, "")?.retry, true);
  assertEquals(explainStatus(200, ""), null);
  for (const status of [500, 502, 504]) assertEquals(explainStatus(status, ""), null);
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
