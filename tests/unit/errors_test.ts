import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { closeCodeOf, type ErrorCode, explainCloseCode, FAILURES, isErrorCode } from "../../src/errors.ts";
import { endSentence } from "../../src/viewer/ending.ts";

const ROWS = Object.entries(FAILURES) as [ErrorCode, (typeof FAILURES)[ErrorCode]][];

Deno.test("every code has a complete row", () => {
  for (const [code, { status, close, title, sentence, retry }] of ROWS) {
    assertMatch(code, /^[a-z]+(_[a-z]+)*$/);
    assert(status !== null || close !== null, `${code} can happen nowhere`);
    assert(status === null || status >= 400 && status <= 599, `${code}: status ${status}`);
    assert(close === null || [1000, 1003, 1008, 1011, 1012].includes(close) || close >= 4400 && close <= 4599, code);
    assertMatch(title, /^[A-Z].{2,39}$/, code);
    assertMatch(sentence, /^[A-Z].{9,}[^.!?…\s]$/, `${code} needs a sentence without a full stop`);
    assertEquals(typeof retry, "boolean", code);
  }
});

Deno.test("every sentence is one of its own", () => {
  assertEquals(new Set(ROWS.map(([, { sentence }]) => sentence)).size, ROWS.length);
});

/** The code whose row speaks for a close code that several share. */
const SPEAKERS: Readonly<Record<number, ErrorCode>> = {
  1000: "source_closed", // The page that disconnected needs no explanation
  1008: "viewer_too_fast",
  1011: "internal",
  1012: "draining",
  4403: "not_allowed",
  4502: "vnc_unreachable",
};

Deno.test("a bare close code means the first of its rows, and every shared one was decided on", () => {
  const byClose = Map.groupBy(ROWS.filter(([, { close }]) => close !== null), ([, { close }]) => close!);
  for (const [close, rows] of byClose) {
    const [code, { sentence, retry }] = rows[0]!;
    const { sentence: bare, retry: bareRetry } = explainCloseCode(close);
    assertEquals([bare, bareRetry], [sentence, retry], code);
    assertEquals(rows.length > 1 ? code : undefined, SPEAKERS[close], `${close} is shared by ${rows.map(([c]) => c)}`);
  }
});

Deno.test("codes that share a close code agree on trying again, but for the viewer's own end", () => {
  for (const [code, { close, retry }] of ROWS) {
    if (close === null || code === "viewer_left") continue;
    assertEquals(explainCloseCode(close).retry, retry, code);
  }
});

Deno.test("close codes that the gateway never chooses are explained, and worth another try", () => {
  for (const close of [1001, 1006, 1009, 1013]) {
    const { sentence, retry } = explainCloseCode(close);
    assertNotMatch(sentence, /code/);
    assertMatch(endSentence(sentence), /\.$/);
    assertEquals(retry, true);
    assert(ROWS.every(([, row]) => row.close !== close));
  }
  assertEquals(explainCloseCode(4999), { sentence: "The connection ended (code 4999)", retry: true });
});

Deno.test("closeCodeOf() gives a number that a close frame may carry, also for what happens before the upgrade", () => {
  for (const [code, { close }] of ROWS) assertEquals(closeCodeOf(code), close ?? 1011);
});

Deno.test("isErrorCode() knows the codes of the table and nothing else", () => {
  for (const [code] of ROWS) assert(isErrorCode(code));
  for (const code of ["", "constructor", "__proto__", "from_a_newer_gateway"]) assert(!isErrorCode(code));
});
