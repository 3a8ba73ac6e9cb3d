import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import {
  CREDENTIAL_MAX_CHARS,
  type DownMessage,
  isCounted,
  parseDown,
  parseUp,
  type UpMessage,
  writeMessage,
} from "../../../src/side_channel/messages.ts";
import { FOREIGN } from "../../fakes/foreign.ts";

/** The limits, said again: a change of either is a change of the protocol. */
const FRAME_MAX_CHARS = 16_384;
const SENTENCE_MAX_CHARS = 1024;

const parse = (value: unknown) => parseDown(JSON.stringify(value));

const HELLO: DownMessage = {
  type: "hello",
  session: "a1b2c3d4",
  source: "workshop",
  title: "Workshop PC",
  view_only: true,
  clipboard: "out",
  mode: "login",
  security: "VeNCrypt X509Plain",
  version: "3.8",
};
const GOODBYE: DownMessage = { type: "goodbye", code: "draining", close: 1012, message: "Restarting", retry: true };

/** One of each down message, and one for each optional field. */
const DOWN: readonly DownMessage[] = [
  HELLO,
  { ...HELLO, clipboard_limit: 1024 ** 2 },
  { type: "clipboard_dropped", bytes: 3_000_000, limit: 1024 ** 2 },
  { type: "state", state: "dialing" },
  { type: "ask", fields: ["password"] },
  { type: "ask", fields: ["username", "password"], message: "The server refused the password" },
  GOODBYE,
  { ...GOODBYE, retry_after_ms: 700.5 },
  { type: "ping", id: 7 },
  { type: "rtt", ms: 1.3 },
  { type: "resumable", token: "Zm9v", hold_ms: 30_000, received: 17 },
  { type: "ack", received: 2 ** 40 },
];
const UP: readonly UpMessage[] = [
  { type: "pong", id: 7 },
  { type: "credentials" },
  { type: "credentials", username: "ada", password: "" },
  { type: "begin" },
  { type: "resume", token: "Zm9v", received: 0 },
  { type: "ack", received: 2 ** 40 },
];
/** The messages of one WebSocket: what is lost with it is not sent again. */
const UNCOUNTED = ["ping", "pong", "rtt", "resumable", "begin", "resume", "ack"];

Deno.test("every message arrives unchanged, and only in its own direction", () => {
  for (const message of DOWN) {
    assertEquals(parseDown(writeMessage(message)).message, message);
    if (message.type !== "ack") assertEquals(parseUp(writeMessage(message)), {}, message.type);
  }
  for (const message of UP) {
    assertEquals(parseUp(writeMessage(message)).message, message);
    if (message.type !== "ack") assertEquals(parseDown(writeMessage(message)), {}, message.type);
  }
});

Deno.test("both ends count the same messages", () => {
  for (const message of [...DOWN, ...UP]) {
    const [down, up] = [parseDown(writeMessage(message)), parseUp(writeMessage(message))];
    const counts = !UNCOUNTED.includes(message.type);
    assertEquals(isCounted(message), counts, message.type);
    for (const { isUncounted } of [down, up].filter((parsed) => parsed.message)) assertEquals(!isUncounted, counts);
  }
  assertEquals(parseUp('{"type":"ack","received":-1}').isUncounted, true);
  assertEquals(parseUp('{"type":"of a later version"}').isUncounted, undefined);
});

Deno.test("fields that this version does not know are dropped", () => {
  assertEquals(parse({ ...HELLO, record: true }), { message: HELLO });
  const { message } = parseDown('{"type":"rtt","ms":3,"__proto__":{"polluted":1}}');
  assertEquals(message, { type: "rtt", ms: 3 });
  assertEquals(Object.getPrototypeOf(message), Object.prototype);
});

Deno.test("message types that this version does not know are ignored", () => {
  for (const type of ["certificate", "", "__proto__", "constructor", "toString", "HELLO"]) {
    const text = `{"type":${JSON.stringify(type)}}`;
    assertEquals([parseDown(text), parseUp(text)], [{}, {}], type);
  }
});

Deno.test("a frame without a JSON object that has a type is a problem", () => {
  for (
    const text of [
      "",
      "{",
      "hello",
      "null",
      "7",
      '"hello"',
      "[]",
      "{}",
      '{"type":1}',
      '{"type":["hello"]}',
      "[".repeat(9e3),
    ]
  ) {
    const problem = { problem: "A text frame is not a JSON object with a type" };
    assertEquals([parseDown(text), parseUp(text)], [problem, problem], text);
  }
});

Deno.test("a frame is read up to its limit and not beyond", () => {
  const pad = (chars: number) => `{"type":"pong","id":"${"x".repeat(chars - 23)}"}`;
  assertEquals(pad(100).length, 100);
  assertEquals(parseUp(pad(FRAME_MAX_CHARS)).message?.type, "pong");
  assertMatch(parseUp(pad(FRAME_MAX_CHARS + 1)).problem!, /not a JSON object/);
});

/** For each type, fields that make it malformed. */
const MALFORMED: Readonly<Record<DownMessage["type"] | UpMessage["type"], readonly Record<string, unknown>[]>> = {
  hello: [
    { clipboard: "some" },
    { mode: undefined },
    { view_only: "true" },
    { session: "x".repeat(65) },
    { title: null },
    { version: 3.8 },
    { clipboard_limit: "1MiB" },
  ],
  clipboard_dropped: [{ bytes: -1 }, { bytes: 1.5 }, { limit: undefined }],
  state: [{ state: "closing" }, { state: "asleep" }, { state: undefined }],
  asking: [],
  ask: [
    { fields: [] },
    { fields: "password" },
    { fields: ["otp"] },
    { fields: ["password", "password", "password"] },
    { message: 1 },
  ],
  goodbye: [
    { code: undefined },
    { close: null },
    { close: 999 },
    { close: 5000 },
    { close: 1012.5 },
    { retry: undefined },
    { retry_after_ms: -1 },
    { retry_after_ms: 1e12 },
    { retry_after_ms: "9" },
  ],
  rtt: [{ ms: "3" }, { ms: undefined }, { ms: -1 }],
  ping: [],
  pong: [],
  begin: [],
  resume: [{ token: 1 }, { token: "x".repeat(65) }, { received: -1 }, { received: 0.5 }, { received: undefined }],
  resumable: [{ token: undefined }, { hold_ms: -1 }, { received: "0" }],
  ack: [{ received: undefined }, { received: -1 }, { received: 2 ** 60 }],
  credentials: [
    { username: null },
    { password: 7 },
    { password: "x".repeat(CREDENTIAL_MAX_CHARS + 1) },
    { username: "x".repeat(CREDENTIAL_MAX_CHARS + 1) },
  ],
};

Deno.test("a malformed field is named, whichever message it belongs to", () => {
  for (const message of [...DOWN, ...UP]) {
    for (const wrong of MALFORMED[message.type]) {
      const text = JSON.stringify({ ...message, ...wrong });
      const { problem } = DOWN.includes(message as DownMessage) ? parseDown(text) : parseUp(text);
      assertEquals(problem, `The field ${Object.keys(wrong)[0]} of a ${message.type} message is malformed`, text);
    }
  }
});

Deno.test("a number that overflows is malformed, so that no wait is endless or missing", () => {
  const text = JSON.stringify({ ...GOODBYE, retry_after_ms: 0 }).replace(
    '"retry_after_ms":0',
    '"retry_after_ms":1e999',
  );
  assertEquals(JSON.parse(text).retry_after_ms, Infinity);
  assertMatch(parseDown(text).problem!, /retry_after_ms/);
});

Deno.test("text to be shown is cut to its limit, and never inside a character", () => {
  const read = (message: string) => (parse({ ...GOODBYE, message }).message as typeof GOODBYE).message;
  const exact = "x".repeat(SENTENCE_MAX_CHARS);
  assertEquals(read(exact), exact);
  assertEquals(read(`${exact}x`), `${exact.slice(1)}…`);
  const faces = read("😀".repeat(SENTENCE_MAX_CHARS));
  assert(faces.length <= SENTENCE_MAX_CHARS && faces.isWellFormed());
});

Deno.test("a ping's id comes back unchanged, whatever it is", () => {
  for (const id of [0, "7", null, { any: [1] }]) {
    assertEquals(parse({ type: "ping", id }).message, { type: "ping", id });
  }
});

/** Checks a parsed message against its declared type, by hand and field by field. */
function assertOfItsType(message: DownMessage | UpMessage): void {
  const isText = (value: unknown, max: number) => typeof value === "string" && value.length <= max;
  const isNumber = (value: unknown, min: number, max: number) =>
    typeof value === "number" && value >= min && value <= max;
  const isLeftOutOr = (name: string, holds: boolean) => assert(!(name in message) || holds, name);
  switch (message.type) {
    case "hello":
      isLeftOutOr("clipboard_limit", Number.isInteger(message.clipboard_limit));
      assertEquals(
        Object.keys(message).filter((name) => name !== "clipboard_limit").toSorted(),
        Object.keys(HELLO).toSorted(),
      );
      assert(["both", "in", "out", "none"].includes(message.clipboard) && typeof message.view_only === "boolean");
      assert(["pass_through", "login"].includes(message.mode) && isText(message.title, 256));
      break;
    case "state":
      assert(["dialing", "handshake", "open"].includes(message.state));
      break;
    case "ask":
      assert(message.fields.length > 0 && message.fields.every((name) => name === "username" || name === "password"));
      isLeftOutOr("message", isText(message.message, SENTENCE_MAX_CHARS));
      break;
    case "goodbye":
      assert(
        isText(message.code, 64) && isText(message.message, SENTENCE_MAX_CHARS) && typeof message.retry === "boolean",
      );
      assert(Number.isInteger(message.close) && isNumber(message.close, 1000, 4999));
      isLeftOutOr("retry_after_ms", isNumber(message.retry_after_ms, 0, 86_400_000));
      break;
    case "clipboard_dropped":
      assert(Number.isInteger(message.bytes) && Number.isInteger(message.limit));
      break;
    case "rtt":
      assert(isNumber(message.ms, 0, 86_400_000));
      break;
    case "credentials":
      isLeftOutOr("username", isText(message.username, CREDENTIAL_MAX_CHARS));
      isLeftOutOr("password", isText(message.password, CREDENTIAL_MAX_CHARS));
      break;
    case "resumable":
      assert(isText(message.token, 64) && isNumber(message.hold_ms, 0, 86_400_000));
      assertPosition(message.received);
      break;
    case "resume":
      assert(isText(message.token, 64));
      assertPosition(message.received);
      break;
    case "ack":
      assertPosition(message.received);
      break;
    case "asking":
    case "begin":
    case "ping":
    case "pong":
      break;
    default:
      throw new Error(`An unknown type came through: ${JSON.stringify(message satisfies never)}`);
  }
}

function assertPosition(position: number): void {
  assert(Number.isSafeInteger(position) && position >= 0);
}

function assertParses(text: string): void {
  for (const { message, problem } of [parseDown(text), parseUp(text)]) {
    assert(message === undefined || problem === undefined);
    if (message !== undefined) assertOfItsType(message);
  }
}

Deno.test("no text makes the parsers throw or return something of a wrong type", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.json()), assertParses), FOREIGN);
  const bytes = fc.uint8Array({ maxLength: 200 }).map((all) => new TextDecoder().decode(all));
  fc.assert(fc.property(bytes, assertParses), FOREIGN);
});

Deno.test("no fields below a known type make the parsers throw or return something of a wrong type", () => {
  const value = fc.oneof(
    fc.anything(),
    fc.constantFrom("both", "login", "open", "password", ["username"], 1012, true, 3),
  );
  const changed = fc.constantFrom(...DOWN, ...UP).chain((message) =>
    fc.dictionary(fc.constantFrom(...Object.keys(message), "message", "retry_after_ms", "username"), value)
      .map((changes) => ({ ...message, ...changes, type: message.type }))
  );
  const write = (from: unknown) => JSON.stringify(from, (_, part) => typeof part === "bigint" ? `${part}` : part);
  let messages = 0;
  fc.assert(
    fc.property(changed, (from) => {
      const text = write(from);
      assertParses(text);
      if (parseDown(text).message ?? parseUp(text).message) messages++;
    }),
    FOREIGN,
  );
  assert(messages > FOREIGN.numRuns / 20, `only ${messages} were messages`);
});

Deno.test("every message within its limits survives encoding and parsing", () => {
  const text = (maxLength: number) => fc.string({ unit: "grapheme", maxLength: maxLength / 8 });
  const down = fc.record({
    type: fc.constant("goodbye" as const),
    code: text(64),
    close: fc.integer({ min: 1000, max: 4999 }),
    message: text(SENTENCE_MAX_CHARS),
    retry: fc.boolean(),
    retry_after_ms: fc.double({ min: 0, max: 86_400_000, noNaN: true }).filter((ms) => !Object.is(ms, -0)),
  }, { requiredKeys: ["type", "code", "close", "message", "retry"] });
  fc.assert(fc.property(down, (message) => assertEquals(parseDown(writeMessage(message)), { message })));
  const up = fc.record({ type: fc.constant("credentials" as const), username: text(1024), password: text(1024) }, {
    requiredKeys: ["type"],
  });
  fc.assert(fc.property(up, (message) => assertEquals(parseUp(writeMessage(message)), { message })));
});
