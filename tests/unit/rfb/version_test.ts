import { assertEquals, assertThrows } from "@std/assert";
import { LoginRefused } from "../../../src/rfb/refusal.ts";
import { encodeVersion, readVersion, type SpokenVersion } from "../../../src/rfb/version.ts";
import { feed } from "../../fakes/rfb_security/feed.ts";

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("readVersion() answers what real servers send, and never asks for more than they announce", () => {
  const rows: [string, SpokenVersion][] = [
    ["003.003", "3.3"],
    ["003.005", "3.3"],
    ["003.006", "3.3"],
    ["003.007", "3.7"],
    ["003.008", "3.8"],
    ["003.889", "3.8"],
    ["004.000", "3.8"],
    ["004.001", "3.8"],
    ["005.000", "3.8"],
    ["002.000", "3.3"],
  ];
  for (const [announced, spoken] of rows) {
    assertEquals(feed(readVersion(), encode(`RFB ${announced}\n`)).result, { spoken, announced: `RFB ${announced}` });
    assertEquals(encodeVersion(spoken), encode(`RFB 003.00${spoken[2]}\n`));
  }
});

Deno.test("readVersion() says what answers in the place of a VNC server", () => {
  const rows = [
    ["HTTP/1.1 400", "a web server"],
    ["<!DOCTYPE ht", "a web server"],
    ["SSH-2.0-Open", "an SSH server"],
    ["220 mail.exa", "a mail or file server"],
    ["RFB 000.000\n", "an UltraVNC repeater"],
    ["RFB 003.008\r", "version is malformed"],
    ["\x15\x03\x01\x00\x02\x02PPPPPP", "not a VNC server"],
  ];
  for (const [text, words] of rows) assertThrows(() => feed(readVersion(), encode(text!)), LoginRefused, words);
});
