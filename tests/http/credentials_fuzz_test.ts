/** Whatever stands in a credential, the answer is a named refusal and never an error inside. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { COOKIES, startGuarded, TOKENS } from "../fakes/callers.ts";
import { sendRaw, UPGRADE } from "../fakes/raw_http.ts";

/** Texts that a header can carry. */
const headerText = fc.oneof(
  fc.string({ unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)), maxLength: 300 }),
  fc.array(
    fc.constantFrom("eyJ", ".", "=", ";", ",", " ", "Bearer", "porthole", "token", TOKENS.old, "%00", '"', "\\", "ÿ"),
  ).map((all) => all.join("")),
  fc.constantFrom("x".repeat(4_000), "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiJ9..", ".".repeat(2_000)),
);

const credential = fc.oneof(
  headerText.map((text) => ({ authorization: text })),
  headerText.map((text) => ({ authorization: `Bearer ${text}` })),
  headerText.map((text) => ({ cookie: text })),
  headerText.map((text) => ({ cookie: `porthole=${text}` })),
  headerText.map((text) => ({ "sec-websocket-protocol": `binary, porthole.token.${text}` })),
  headerText.map((text) => ({
    "x-forwarded-for": text,
    "x-forwarded-host": text,
    "x-forwarded-proto": text,
    forwarded: text,
  })),
  headerText.map((text) => ({ "x-forwarded-user": text, "remote-user": text, "cf-access-jwt-assertion": text })),
);

const path = fc.oneof(
  fc.constantFrom("/", "/api/sources", "/api/sources/pi", "/site/vnc/pi", "/account", "/metrics"),
  headerText.map((text) => `/websockify?token=${encodeURIComponent(text)}`),
  headerText.map((text) => `/api/sources/${encodeURIComponent(text)}`),
);

Deno.test("a credential that the gateway did not issue opens nothing", async () => {
  await using rig = await startGuarded();
  const ask = async (at: string, headers: Record<string, string>): Promise<void> => {
    const answer = await sendRaw(rig.port, { path: at, headers: { ...UPGRADE, ...headers } });
    assertEquals(answer.status, 401, `${at.slice(0, 80)} with ${JSON.stringify(headers).slice(0, 200)}`);
    assertEquals(JSON.parse(answer.body).code, "sign_in_required");
  };
  const given = [...Object.values(COOKIES), TOKENS.admin, TOKENS.ci, TOKENS.viewer];
  await fc.assert(
    fc.asyncProperty(path, credential, async (at, headers) => {
      if (given.some((text) => JSON.stringify(headers).includes(text))) return;
      await ask(at, headers as unknown as Record<string, string>);
    }),
    { numRuns: 500 },
  );
  assertEquals(rig.lines.filter(({ level }) => level === "error"), []);
});

Deno.test("any malformed form for signing in is refused with a typed error", async () => {
  await using rig = await startGuarded();
  const body = fc.oneof(
    fc.record({ token: headerText, next: headerText }).map((fields) => new URLSearchParams(fields).toString()),
    fc.record({ secret: headerText, ticket: headerText, code: headerText }).map((fields) =>
      String(new URLSearchParams(fields))
    ),
    headerText,
  );
  const type = fc.constantFrom(
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json",
    "text/html",
  );
  const where = fc.constantFrom("/sign-in/code", "/share");
  let turn = 0;
  await fc.assert(
    fc.asyncProperty(where, type, body, async (at, contentType, text) => {
      const origin = `http://127.0.0.1:${rig.port}`;
      const headers = { "content-type": contentType, origin };
      const request = new Request(origin + at, { method: "POST", headers, body: text });
      const remote = `10.0.${turn++ >> 8}.${turn & 255}`;
      const { status } = await rig.gateway.app.fetch(request, { remote });
      assertEquals(status, 401);
    }),
    { numRuns: 300 },
  );
});
