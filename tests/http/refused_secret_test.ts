/** A server that closes when it gets the secret has refused it, whoever logs in; a connection that broke has not. */
import { assertEquals, assertMatch } from "@std/assert";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { type FakeRfbOptions, startFakeRfb } from "../fakes/rfb_server.ts";
import { RfbViewer } from "../fakes/rfb_viewer.ts";
import { asByteStream } from "../fakes/web_stream.ts";
import { openViewer } from "../fakes/web_viewer.ts";

const MODES = { "the gateway logs in": "password: secret12", "the viewer logs in": "" };
const REFUSED = /^Cannot open The Pi: the server refused (the password$|this password before)/;

function start(port: number, more: string): Promise<TestGateway> {
  return startGateway(`auth: none\nsources:\n  pi: { host: 127.0.0.1, port: ${port}, title: The Pi, ${more} }\n`);
}

/** Logs in as far as the source lets the viewer, and returns how that ended; the page may be asked again. */
async function tryToOpen({ wsOrigin }: TestGateway, protocol: string) {
  await using viewer = openViewer(`${wsOrigin}/ws/vnc/pi`, [protocol]);
  RfbViewer.open(asByteStream(viewer), { password: "secret12" }).catch(() => {});
  await viewer.until(({ side }) => side.some(({ type }) => type === "ask")).catch(() => {});
  const asked = viewer.side.find(({ type }) => type === "ask");
  if (asked) return [4511, asked.message, false];
  const { code, reason } = await viewer.closed;
  const goodbye = viewer.side.find(({ type }) => type === "goodbye");
  return goodbye ? [goodbye.close, goodbye.message, goodbye.retry] : [code, reason];
}

function failWith(then: "close" | "reset"): FakeRfbOptions {
  return { password: "secret12", fault: { at: "security", then } };
}

for (const [who, more] of Object.entries(MODES)) {
  for (const protocol of ["porthole.v1", "binary"]) {
    Deno.test(`a server that closes when it gets the password has refused it: ${who}, ${protocol}`, async () => {
      await using fake = await startFakeRfb(failWith("close"));
      await using gateway = await start(fake.port, more);
      const [close, message, retry = false] = await tryToOpen(gateway, protocol);
      assertEquals([close, retry], [4511, false]);
      assertMatch(String(message), REFUSED);
    });

    Deno.test(`a connection that broke then says nothing of the password: ${who}, ${protocol}`, async () => {
      await using fake = await startFakeRfb(failWith("reset"));
      await using gateway = await start(fake.port, more);
      for (let at = 1; at <= 4; at++) {
        const [close, _message, retry = true] = await tryToOpen(gateway, protocol);
        assertEquals([close, retry], [more === "" ? 1000 : 4502, true]);
        assertEquals(fake.accepted, at, "each try reaches the server");
      }
    });
  }
}

Deno.test("passwords that the server refused to viewers lead to a pause, like those of the gateway", async () => {
  for (const options of [{ password: "other" }, failWith("close")]) {
    await using fake = await startFakeRfb(options);
    await using gateway = await start(fake.port, "");
    for (let at = 1; at <= 3; at++) assertEquals((await tryToOpen(gateway, "binary"))[0], 4511);
    const [close, message] = await tryToOpen(gateway, "binary");
    assertEquals([close, fake.accepted], [4511, 3]);
    assertMatch(String(message), /^Cannot open The Pi: there were too many failed logins; next try in \d+ s$/);
  }
});

Deno.test("a source stays up where a viewer had its password wrong", async () => {
  await using fake = await startFakeRfb({ password: "other" });
  await using gateway = await start(fake.port, "");
  assertEquals((await tryToOpen(gateway, "binary"))[0], 4511);
  const { status, code } = await (await fetch(`${gateway.origin}/api/sources/pi`)).json();
  assertEquals([status, code], ["up", undefined]);
});

Deno.test("a password that is right makes up for those that a viewer had wrong", async () => {
  await using fake = await startFakeRfb({ password: "secret12" });
  await using gateway = await start(fake.port, "");
  for (let round = 0; round < 3; round++) {
    for (const password of ["one", "two", "secret12"]) {
      await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, ["binary"]);
      const opening = RfbViewer.open(asByteStream(viewer), { password });
      if (password === "secret12") assertEquals((await opening).name, "Fake");
      else await opening.catch(() => {}).then(() => viewer.closed);
    }
  }
});
