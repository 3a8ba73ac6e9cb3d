import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { PortholeError } from "../../../src/errors.ts";
import { ENCODING } from "../../../src/rfb/encodings.ts";
import { PixelState } from "../../../src/rfb/pixel_format.ts";
import { createUpFilter, type UpPolicy } from "../../../src/rfb/up_filter.ts";
import * as client from "./client_bytes.ts";
import { CLIPBOARD } from "./client_bytes.ts";
import { concat, cut, randomLengths, run } from "./cuts.ts";

const LIMIT_BYTES = 128 * 1024;
const VIEW: UpPolicy = { viewOnly: true, clipboardIn: true, clipboardOut: true, cutTextLimitBytes: () => LIMIT_BYTES };
const NO_TEXT_IN: UpPolicy = {
  viewOnly: false,
  clipboardIn: false,
  clipboardOut: true,
  cutTextLimitBytes: () => LIMIT_BYTES,
};
const NO_TEXT_OUT: UpPolicy = {
  viewOnly: false,
  clipboardIn: true,
  clipboardOut: false,
  cutTextLimitBytes: () => LIMIT_BYTES,
};
const NO_TEXT: UpPolicy = {
  viewOnly: false,
  clipboardIn: false,
  clipboardOut: false,
  cutTextLimitBytes: () => LIMIT_BYTES,
};

const OWN_VIEW = [
  client.setPixelFormat(),
  client.setEncodings([ENCODING.tight, ENCODING.raw]),
  client.updateRequest(),
  client.continuousUpdates(),
  client.fence([]),
  client.fence(Array(64).fill(4)),
];
const ACT = [
  client.keyEvent(),
  client.pointerEvent(),
  client.setDesktopSize(0),
  client.setDesktopSize(255),
  client.xvp(),
  client.qemuKey(),
  client.qemuAudio(0),
  client.qemuAudio(1),
  client.qemuAudio(2),
];
const GII = [client.gii([], true), client.gii(Array(300).fill(5), true), client.gii(Array(300).fill(5), false)];
const TEXT = [
  client.cutText([]),
  client.cutText(client.keyEvent()),
  client.cutText(Array(70_000).fill(4)),
  client.extendedCutText(CLIPBOARD.notify, []),
  client.extendedCutText(CLIPBOARD.provide, [120, 156, 3, 0, 0, 0, 0, 1]),
];
const SIGNALS = [
  client.extendedCutText(CLIPBOARD.caps | CLIPBOARD.provide | CLIPBOARD.notify, [0, 16, 0, 0]),
  client.extendedCutText(CLIPBOARD.request, []),
  client.extendedCutText(CLIPBOARD.peek, []),
];
const ALL = [...OWN_VIEW, ...ACT, ...GII, ...TEXT, ...SIGNALS];

function filter(policy: UpPolicy, bytes: Uint8Array, lengths: readonly number[]) {
  const { push } = bindPush(policy);
  return run(push, cut(bytes, lengths));
}

function bindPush(policy: UpPolicy) {
  const up = createUpFilter(policy);
  return { push: (chunk: Uint8Array) => up.push(chunk) };
}

function throwsMalformed(act: () => unknown, words: string): void {
  const thrown = assertThrows(act, PortholeError, words);
  assertEquals(thrown.code, "viewer_malformed");
}

const MATRIX: [string, UpPolicy, number[][]][] = [
  ["view-only passes what concerns the own picture only", VIEW, OWN_VIEW],
  ["clipboard out passes input and asks for text", NO_TEXT_IN, [...OWN_VIEW, ...ACT, ...SIGNALS]],
  ["clipboard in passes input and text", NO_TEXT_OUT, [...OWN_VIEW, ...ACT, ...TEXT, ...SIGNALS]],
  ["clipboard none passes input and no text", NO_TEXT, [...OWN_VIEW, ...ACT]],
];

for (const [name, policy, passing] of MATRIX) {
  Deno.test(`createUpFilter(): ${name}, however it is cut`, () => {
    for (const message of ALL) {
      const expected = passing.includes(message) ? message : [];
      for (const lengths of [[message.length], [1], [7, 0, 1], randomLengths(message.length, 40)]) {
        const bytes = concat([message, client.updateRequest()]);
        const { out, thrown } = filter(policy, bytes, lengths);
        assertEquals(thrown, undefined);
        assertEquals(out, concat([expected, client.updateRequest()]));
      }
    }
  });
}

Deno.test("createUpFilter(): a message cut at any offset, with an empty chunk between, passes or drops the same", () => {
  for (const policy of [VIEW, NO_TEXT_IN, NO_TEXT_OUT]) {
    for (const message of ALL.filter(({ length }) => length < 500)) {
      const bytes = concat([message, client.fence([1])]);
      const expected = filter(policy, bytes, [bytes.length]).out;
      for (let at = 1; at < message.length; at++) {
        const { push } = bindPush(policy);
        const chunks = [bytes.subarray(0, at), bytes.subarray(at, at), bytes.subarray(at)];
        assertEquals(run(push, chunks).out, expected);
      }
    }
  }
});

Deno.test("createUpFilter(): a message that never comes whole never passes, cut text excepted", () => {
  for (const message of [...OWN_VIEW, ...ACT]) {
    for (let at = 0; at < message.length; at++) {
      assertEquals(filter(NO_TEXT_IN, concat([message]).subarray(0, at), [at]).out.length, 0);
    }
  }
});

Deno.test("createUpFilter(): whole passing messages come back as the same chunk", () => {
  const { push } = bindPush(VIEW);
  const chunk = concat([client.updateRequest(), client.fence([1, 2])]);
  assertStrictEquals(push(chunk), chunk);
});

Deno.test("createUpFilter(): one passing range comes back as a view of the chunk", () => {
  const { push } = bindPush(VIEW);
  const chunk = concat([client.keyEvent(), client.updateRequest(), client.pointerEvent()]);
  const out = push(chunk);
  assertStrictEquals(out.buffer, chunk.buffer);
  assertEquals(out, concat([client.updateRequest()]));
});

Deno.test("createUpFilter(): unknown types end the session, also on a second try", () => {
  const known = [0, 2, 3, 4, 5, 6, 150, 248, 250, 251, 253, 255];
  for (let type = 0; type < 256; type++) {
    if (known.includes(type)) continue;
    for (const policy of [VIEW, NO_TEXT_OUT]) {
      const { push } = bindPush(policy);
      throwsMalformed(() => push(Uint8Array.of(type)), `unknown message type ${type}`);
      throwsMalformed(() => push(concat([client.updateRequest()])), `unknown message type ${type}`);
    }
  }
  for (const message of [[255, 2, 0, 0], [255, 1, 0, 3]]) {
    throwsMalformed(() => bindPush(VIEW).push(Uint8Array.from(message)), "unknown QEMU message");
  }
});

Deno.test("createUpFilter(): counts over the cap end the session before anything is kept for them", () => {
  throwsMalformed(() => bindPush(VIEW).push(Uint8Array.of(2, 0, 255, 255)), "SetEncodings with a count of 65535");
  throwsMalformed(() => bindPush(VIEW).push(Uint8Array.of(2, 0, 4, 1)), "SetEncodings with a count of 1025");
  throwsMalformed(
    () => bindPush(VIEW).push(Uint8Array.of(248, 0, 0, 0, 0, 0, 0, 0, 65)),
    "ClientFence with a count of 65",
  );
  const most = concat([client.setEncodings(Array(1024).fill(7))]);
  assertEquals(filter(VIEW, most, [1]).out, most);
});

Deno.test("createUpFilter(): SetEncodings loses acting extensions; the rest keeps the viewer's order", () => {
  const offered = [7, -316, -309, 16, -258, -259, -305, -257, -32, 0xc0a1e5ce | 0, -308, -224, 99_999, 7];
  const expect = (policy: UpPolicy, encodings: number[]) => {
    const bytes = concat([client.setEncodings(offered), client.updateRequest()]);
    const expected = concat([client.setEncodings(encodings), client.updateRequest()]);
    for (const lengths of [[bytes.length], [1], [3, 5]]) assertEquals(filter(policy, bytes, lengths).out, expected);
  };
  expect(VIEW, [7, 16, -32, -308, -224, 99_999, 7]);
  expect(NO_TEXT_IN, [7, -309, 16, -258, -259, -32, 0xc0a1e5ce | 0, -308, -224, 99_999, 7]);
  expect(NO_TEXT, [7, -309, 16, -258, -259, -32, -308, -224, 99_999, 7]);
  assertEquals(filter(VIEW, concat([client.setEncodings([-316])]), [8]).out, concat([client.setEncodings([])]));
});

Deno.test("createUpFilter(): a framed source is offered only what the framer can measure", () => {
  const offered = [1, 7, -260, 16, 21, 5, 2, 6, 0, -26, -254, -223, -224, -317, 8, -307, -312, -313, 0x574d5664, -1];
  const pixels = new PixelState(Uint8Array.from(client.TRUE_COLOUR));
  const { out } = filter({ ...NO_TEXT_OUT, pixels }, concat([client.setEncodings(offered)]), [100]);
  const frameable = [1, 7, -260, 16, 5, 2, 6, 0, -26, -254, -223, -224, -307, -312, -313, 0x574d5664];
  assertEquals(out, concat([client.setEncodings(frameable)]));
});

Deno.test("createUpFilter(): a framed source gets its pixel format before the first request or not at all", () => {
  const start = (format: readonly number[]) => {
    const pixels = new PixelState(Uint8Array.from(format));
    return { pixels, push: bindPush({ ...NO_TEXT_OUT, pixels }).push };
  };
  const { pixels, push } = start(client.DEPTH_32);
  push(concat([client.setPixelFormat(client.HIGH_COLOUR)]));
  assertEquals(pixels.sizes.pixelBytes, 2);
  push(concat([client.setPixelFormat(), client.updateRequest()]));
  assertEquals([pixels.sizes.pixelBytes, pixels.sizes.tightPixelBytes], [4, 3]);
  throwsMalformed(() => push(concat([client.setPixelFormat()])), "changed the pixel format");
  for (const asks of [client.updateRequest(), client.continuousUpdates()]) {
    throwsMalformed(() => start(client.DEPTH_32).push(concat([asks])), "depth of 24");
  }
  const odd = client.setPixelFormat([24, ...client.TRUE_COLOUR.slice(1)]);
  throwsMalformed(() => start(client.TRUE_COLOUR).push(concat([odd])), "24 bits per pixel");
});

Deno.test("createUpFilter(): a pointer event with bit 7 has six bytes and loses the bit", () => {
  const bytes = concat([client.pointerEvent(0x81), client.keyEvent(), client.pointerEvent(0xff)]);
  const expected = concat([client.pointerEvent(1), client.keyEvent(), client.pointerEvent(0x7f)]);
  for (const lengths of [[bytes.length], [1]]) assertEquals(filter(NO_TEXT_IN, bytes, lengths).out, expected);
  // The byte that would be the seventh is the next message's type: 4 smuggles nothing, 77 ends the session.
  const { thrown } = filter(NO_TEXT_IN, concat([client.pointerEvent(0x81), [77]]), [3]);
  assert(thrown instanceof PortholeError);
});

Deno.test("createUpFilter(): nothing in or after cut text passes in view-only", () => {
  const keys = client.keyEvent();
  const tries = [
    client.cutText([...keys, ...keys]),
    [6, 0, 0, 0, ...client.u32(0x7fffffff), ...keys],
    [6, 0, 0, 0, ...client.u32(0x80000000), ...keys],
    [6, 0, 0, 0, ...client.u32(-1), 4, ...keys],
    client.extendedCutText(CLIPBOARD.caps, [0, 0, 0, 0, ...keys]),
    client.extendedCutText(CLIPBOARD.request, keys),
    client.gii(keys),
    [251, 0, 0, 0, 0, 0, 1, 0, ...keys, ...keys],
  ];
  for (const bytes of tries.map((bytes) => concat([bytes]))) {
    for (const lengths of [[bytes.length], [1], [8], [9]]) assertEquals(filter(VIEW, bytes, lengths).out.length, 0);
  }
});

Deno.test("createUpFilter(): extended cut text with surplus bytes is dropped, since TigerVNC runs them as messages", () => {
  const smuggled = client.setEncodings([ENCODING.extendedMouseButtons]);
  for (const flags of [CLIPBOARD.caps, CLIPBOARD.request, CLIPBOARD.peek, CLIPBOARD.notify, 0, 3 << 27]) {
    for (const policy of [NO_TEXT_IN, NO_TEXT_OUT]) {
      const bytes = concat([client.extendedCutText(flags, smuggled), client.updateRequest()]);
      assertEquals(filter(policy, bytes, [bytes.length]).out, concat([client.updateRequest()]));
    }
  }
});

Deno.test("createUpFilter(): cut text over the limit is dropped without being kept, and its sender is told", () => {
  const told: number[] = [];
  const filterOf = (policy: UpPolicy) => createUpFilter({ ...policy, onTooLong: (bytes) => told.push(bytes) });
  const plain = concat([client.cutText(new Array(LIMIT_BYTES + 1).fill(65))]);
  const extended = concat([client.extendedCutText(CLIPBOARD.provide, new Array(LIMIT_BYTES).fill(65))]);
  for (const big of [plain, extended]) {
    const filter = filterOf(NO_TEXT_OUT);
    for (let at = 0; at < big.length; at += 1000) assertEquals(filter.push(big.slice(at, at + 1000)).length, 0);
    const next = concat([client.updateRequest()]);
    assertStrictEquals(filter.push(next), next);
  }
  assertEquals(told, [LIMIT_BYTES + 1, LIMIT_BYTES + 4]);
  // What the policy drops anyway is not too long.
  for (const policy of [NO_TEXT_IN, NO_TEXT, VIEW]) assertEquals(filterOf(policy).push(plain).length, 0);
  assertEquals(told.length, 2);
});

Deno.test("createUpFilter(): cut text as long as the limit passes", () => {
  for (
    const whole of [
      concat([client.cutText(new Array(LIMIT_BYTES).fill(65))]),
      concat([client.extendedCutText(CLIPBOARD.provide, new Array(LIMIT_BYTES - 4).fill(65))]),
    ]
  ) assertStrictEquals(bindPush(NO_TEXT_OUT).push(whole), whole);
});

Deno.test("createUpFilter(): a flood of small messages mixed with input passes in order", () => {
  const pair = [...client.keyEvent(), ...client.updateRequest(0)];
  const flood = concat([Array.from({ length: 20_000 }, () => pair).flat()]);
  const expected = concat([Array.from({ length: 20_000 }, () => client.updateRequest(0)).flat()]);
  assertEquals(filter(VIEW, flood, [65_536]).out, expected);
});

Deno.test("createUpFilter(): no more is allocated than for the chunk and one held message, twice", () => {
  // The longest message that is held: SetEncodings with as many encodings as it may have.
  const longest = concat([client.setEncodings(Array(1024).fill(-316))]);
  assertEquals(longest.length, 4100);
  const held = longest.subarray(0, -1);
  const { push } = bindPush(NO_TEXT_IN);
  assertEquals(push(held).length, 0);
  const many = Array.from({ length: 500 }, () => [...client.pointerEvent(0x81), ...client.cutText([1])]);
  const rest = concat([[-316 & 255], ...many]);
  const out = push(rest);
  assertEquals(out, concat([client.setEncodings([]), ...many.map(() => client.pointerEvent(1))]));
  assert(out.buffer.byteLength <= 2 * (rest.length + longest.length));
});
