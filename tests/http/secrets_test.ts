/** No secret of a source leaves the gateway in any direction but towards the source, in whatever form. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { makeClientKey } from "../../src/rfb/security/ra2.ts";
import { enterDesktop } from "../fakes/enter_desktop.ts";
import { serve } from "../fakes/rfb_security/serve.ts";
import { type FakeSource, playSource } from "../fakes/rfb_security/source.ts";
import { type FakeRfb, startFakeRfb } from "../fakes/rfb_server.ts";
import { findSecrets, toSearchable } from "../fakes/secret_forms.ts";
import { type Said, SecretRig } from "../fakes/secret_rig.ts";

/** Eight characters, all that VNC Authentication takes, of which each way to write a text changes another one. */
const PASSWORD = 'k&7"z<+/';
const WRONG = 'w&7"z<+/';
const LOGIN = { username: "ada", password: PASSWORD };
const key = await makeClientKey();

/** The logins of which each lets another trace of the secret pass. */
const sources: Record<string, FakeSource> = {
  "VNC Authentication": { types: [2] },
  "RSA-AES": { types: [5], key, asksUsername: true },
  "RSA-AES unencrypted": { types: [6], key, asksUsername: true },
  "Apple Diffie-Hellman": { types: [30] },
  "VeNCrypt Plain": { types: [19], subtypes: [256] },
};

function startSource(name: string): Promise<FakeRfb> {
  const script = playSource.bind(null, { ...LOGIN, ...sources[name]! });
  return startFakeRfb({
    script: async (stream) => {
      const { stream: opened } = await serve(stream, script());
      await stream.ended;
      opened.close();
    },
  });
}

/** What the gateway wrote after ProtocolVersion and the type: with VNC Authentication, its answer to the challenge. */
function takeAnswer({ source }: SecretRig): Uint8Array {
  return source.up.subarray(13, 29);
}

function assertSilent(said: Said, secrets: readonly (string | Uint8Array)[]): void {
  const found = [...said].flatMap(([place, text]) => findSecrets(text, secrets).map((form) => `${place}: ${form}`));
  assertEquals(found, []);
}

/** The search would be worth nothing if it looked at empty places; these are too long to be shown whole. */
function assertHeard(said: Said, expected: [place: string, words: string][]): void {
  const common: [string, string][] = [
    ["the browser's wire", "HTTP/1.1 101"],
    ["an answer", "# HELP"],
    ["the log", "Session ended"],
  ];
  const missing = [...common, ...expected].filter(([place, words]) => !said.get(place)?.includes(words));
  assertEquals(missing, []);
}

for (const name of Object.keys(sources)) {
  for (const format of ["text", "json"] as const) {
    Deno.test(`the gateway never reveals a configured secret: ${name}, log as ${format}`, async () => {
      await using fake = await startSource(name);
      await using rig = await SecretRig.start(fake.port, LOGIN, format);
      await using viewer = rig.view();
      await enterDesktop(viewer);
      await rig.askEverything();
      await viewer[Symbol.asyncDispose]();
      await rig.untilLogged("Session ended");
      await rig.askEverything();
      const said = await rig.listen();
      assertHeard(said, [["the browser's wire", "RFB 003.008"], ["the log", name]]);
      assertSilent(said, [PASSWORD, takeAnswer(rig)]);
    });
  }
}

Deno.test("the gateway never reveals a refused secret", async () => {
  await using fake = await startSource("VNC Authentication");
  await using rig = await SecretRig.start(fake.port, { password: WRONG }, "json");
  await using viewer = rig.view();
  await viewer.until(({ side }) => side.some(({ type }) => type === "ask"));
  await rig.askEverything();
  await viewer[Symbol.asyncDispose]();
  await rig.untilLogged("Session ended");
  await rig.askEverything();
  const said = await rig.listen();
  assertHeard(said, [["an answer", "refused this password"], ["the browser's wire", "refused the password"]]);
  assertSilent(said, [WRONG, takeAnswer(rig)]);
});

Deno.test("the gateway never reveals a typed secret, wrong or right", async () => {
  await using fake = await startSource("VeNCrypt Plain");
  await using rig = await SecretRig.start(fake.port, {}, "json");
  await using viewer = rig.view();
  const entered = enterDesktop(viewer);
  for (const [asked, password] of [WRONG, PASSWORD].entries()) {
    await viewer.until(({ side }) => side.filter(({ type }) => type === "ask").length > asked);
    viewer.send(JSON.stringify({ type: "credentials", username: LOGIN.username, password }));
  }
  await entered;
  await rig.askEverything();
  await viewer[Symbol.asyncDispose]();
  await rig.untilLogged("Session ended");
  assert(toSearchable(rig.source.up).includes(PASSWORD));
  const said = await rig.listen();
  assertHeard(said, [["the browser's wire", "refused the user name or password"], ["the log", "VeNCrypt Plain"]]);
  assertSilent(said, [WRONG, PASSWORD]);
});

Deno.test("the gateway never reveals a secret of prewarmed connections", async () => {
  await using fake = await startSource("VNC Authentication");
  await using rig = await SecretRig.start(fake.port, { ...LOGIN, prewarm: 1 }, "json");
  await using viewer = rig.view();
  await enterDesktop(viewer);
  await rig.askEverything();
  await viewer[Symbol.asyncDispose]();
  await rig.untilLogged("Session ended");
  const said = await rig.listen();
  assertHeard(said, [["the browser's wire", "RFB 003.008"], ["the log", "VNC Authentication"]]);
  assertSilent(said, [PASSWORD]);
});

Deno.test("findSecrets() finds a secret in every form that it knows", () => {
  const forms = [
    PASSWORD,
    `"${btoa(`x${PASSWORD}y`)}"`,
    encodeURIComponent(PASSWORD),
    JSON.stringify({ PASSWORD }),
    `<p>k&amp;7&quot;z&lt;+/</p>`,
    Deno.inspect(new TextEncoder().encode(PASSWORD)),
    new TextEncoder().encode(PASSWORD).toHex(),
  ];
  for (const text of forms) assertNotEquals(findSecrets(text, [PASSWORD]), [], text);
  assertEquals(findSecrets(toSearchable(new TextEncoder().encode(WRONG)), [PASSWORD]), []);
});
