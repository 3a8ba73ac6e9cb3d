import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseGatewayMessage } from "../../../src/viewer/messages.ts";

const parse = (value: unknown) => parseGatewayMessage(JSON.stringify(value));

Deno.test("parseGatewayMessage() reads hello and forces nothing that was not said", () => {
  const hello = { type: "hello", session: "a1", title: "Workshop PC", view_only: true, clipboard: "out", more: 1 };
  assertEquals(parse(hello), {
    type: "hello",
    session: "a1",
    title: "Workshop PC",
    viewOnly: true,
    clipboard: "out",
  });
  assertEquals(parse({ type: "hello" }), {
    type: "hello",
    session: "",
    title: "",
    viewOnly: false,
    clipboard: "both",
  });
});

Deno.test("parseGatewayMessage() reads goodbye with and without a time to wait", () => {
  const goodbye = { type: "goodbye", code: "draining", close: 1012, message: "Restarting", retry: true };
  assertEquals(parse(goodbye), goodbye as never);
  assertEquals(parse({ ...goodbye, retry_after_ms: 700 }), { ...goodbye, retryAfterMs: 700 } as never);
});

Deno.test("parseGatewayMessage() asks for a password even when the fields are odd", () => {
  assertEquals(parse({ type: "ask", fields: ["username", "password"], security: "X509Plain", message: "Again" }), {
    type: "ask",
    fields: ["username", "password"],
    security: "X509Plain",
    message: "Again",
  });
  assertEquals(parse({ type: "ask", fields: "all" }), { type: "ask", fields: ["password"], security: "" });
});

Deno.test("parseGatewayMessage() hands a ping's id back as it came", () => {
  assertEquals(parse({ type: "ping", id: { any: [1] } }), { type: "ping", id: { any: [1] } });
});

Deno.test("parseGatewayMessage() ignores what it does not know", () => {
  for (const odd of [null, 7, [], "hello", {}, { type: "certificate" }, { type: "__proto__" }, { type: ["hello"] }]) {
    assertEquals(parse(odd), null);
  }
  for (const odd of [{ type: "state", state: "asleep" }, { type: "rtt", ms: "3" }, { type: "rtt" }]) {
    assertEquals(parse(odd), null);
  }
});

Deno.test("parseGatewayMessage() never throws, whatever the text", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseGatewayMessage(text)));
  const type = fc.constantFrom("hello", "state", "ask", "goodbye", "ping", "rtt");
  fc.assert(fc.property(type, fc.object(), (type, fields) => void parse({ ...fields, type })));
});
