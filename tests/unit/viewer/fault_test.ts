import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { explainFault, explainStall } from "../../../src/viewer/fault.ts";
import { measureIgnored } from "../../../src/viewer/ignored_messages.ts";
import { concat } from "../rfb/cuts.ts";
import * as server from "../rfb/server_bytes.ts";

const open = { isMidFirstUpdate: false, hasPicture: true, serverBits: 32 };

Deno.test("explainFault() names the message or the encoding, and allows no other try", () => {
  const rows: [string, RegExp][] = [
    ["Unexpected server message (type 127)", /a message that this page cannot handle: type 127 \(VMware\)\.$/],
    ["Unexpected server message (type 66)", /cannot handle: type 66\.$/],
    ["Unsupported encoding (encoding: -305)", /an encoding that this page did not ask for: -305 \(gii\)\.$/],
    ["Unexpected action in extended clipboard message: 0", /cannot parse: Unexpected action/],
    ["Error decoding rect: Error: zlib inflate failed", /cannot decode: Error: zlib inflate failed\.$/],
  ];
  for (const [fault, sentence] of rows) {
    const { sentence: found, retry } = explainFault({ ...open, hasPicture: false, fault });
    assertMatch(found, sentence);
    assertEquals(retry, false, fault);
  }
});

Deno.test("explainFault() lets a picture be tried again only if it was right before", () => {
  const fault = "Error decoding rect: Error: zlib inflate failed";
  assertEquals([true, false].map((hasPicture) => explainFault({ ...open, fault, hasPicture }).retry), [true, false]);
});

Deno.test("a server that keeps to its own 16 or 8 bits is named, whether it makes noVNC wait or fail", () => {
  for (const serverBits of [8, 16]) {
    const keeps = `the VNC server insists on ${serverBits} bits per pixel`;
    assertStringIncludes(explainStall({ serverBits, isMidFirstUpdate: true })!.sentence, keeps);
    assertStringIncludes(explainFault({ ...open, hasPicture: false, serverBits, fault: "garbage" }).sentence, keeps);
    assertEquals(explainStall({ serverBits, isMidFirstUpdate: false }), undefined);
    assertEquals(explainFault({ ...open, serverBits, fault: "garbage" }).sentence.includes(keeps), false);
  }
  assertEquals(explainStall({ serverBits: 32, isMidFirstUpdate: true }), undefined);
});

Deno.test("measureIgnored() measures what noVNC may ignore, and leaves the rest to noVNC", () => {
  const rows: [number[], number | undefined][] = [
    [server.colours(3), 24],
    [[173, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2], 12],
    [[13], 1],
    [server.xvp(), undefined],
    [[250, 0, 1, 5], 4],
    [[248, 0, 0, 0, 0x80, 0, 0, 1, 2, 9, 9], undefined],
    [[248, 0, 0, 0, 0, 0, 0, 1, 2, 9, 9], 11],
    [server.bell(), undefined],
    [server.cutText([65]), undefined],
    [[127, 0], undefined],
  ];
  for (const [message, length] of rows) {
    const bytes = concat([message]);
    assertEquals(measureIgnored(bytes), length, `${message}`);
    for (let end = 1; end < bytes.length; end++) {
      const early = measureIgnored(bytes.subarray(0, end));
      assertEquals([length, -1].includes(early), true, `${end} bytes of ${message}`);
    }
  }
});

Deno.test("noVNC has the members that the page extends, and the sentences that it reads", async () => {
  const novnc = await Deno.readTextFile(new URL(import.meta.resolve("@novnc/novnc")));
  const members = [
    "_handleMessage()",
    "_negotiateServerInit()",
    "_normalMsg()",
    "_framebufferUpdate()",
    "_fail(details)",
  ];
  for (const member of members) assertMatch(novnc, new RegExp(`^    ${RegExp.escape(member)} \\{$`, "m"));
  for (
    const used of [
      "this._FBU.rects",
      "this._sock.rQskipBytes(",
      'this._fail("Unexpected server message (type " + msgType',
    ]
  ) {
    assertStringIncludes(novnc, used);
  }
  assertMatch(novnc, /this\._fail\("Unsupported encoding \(encoding: " \+\s+this\._FBU\.encoding \+ "\)"\)/);
  assertStringIncludes(novnc, 'this._fail("Error decoding rect: " + err)');
  const websock = await Deno.readTextFile(new URL("websock.js", import.meta.resolve("@novnc/novnc")));
  for (const member of ["rQlen()", "rQpeekBytes(len", "rQskipBytes(bytes)"]) assertStringIncludes(websock, member);
});
