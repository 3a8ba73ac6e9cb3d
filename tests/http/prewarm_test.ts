/** Connections kept ready, from outside: what a viewer, a program and the source notice of them. */
import { assertEquals } from "@std/assert";
import { enterDesktop } from "../fakes/enter_desktop.ts";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { type FakeRfb, startFakeRfb } from "../fakes/rfb_server.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { openViewer } from "../fakes/web_viewer.ts";

function yamlFor({ port }: FakeRfb, password = "secret12"): string {
  return `auth: none\nsources:\n  pi: { host: 127.0.0.1, port: ${port}, password: ${password}, prewarm: 1 }\n`;
}

/** Begins to keep connections ready, as a start does. */
function begin({ gateway }: TestGateway): void {
  gateway.applyConfig();
}

async function untilLogged({ lines }: TestGateway, condition: (line: Record<string, unknown>) => boolean) {
  await waitUntil(() => lines.some(condition));
}

async function readProbe({ origin }: TestGateway): Promise<{ status: string; detail: string; mode: string }> {
  return await (await fetch(`${origin}/api/sources/pi/probe`)).json();
}

Deno.test("a session uses the prewarmed connection, which is then replaced", async () => {
  await using fake = await startFakeRfb({ password: "secret12" });
  await using gateway = await startGateway(yamlFor(fake));
  begin(gateway);
  await fake.waitFor((fake) => fake.seen("SecurityType").length === 1);
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, ["binary"]);
  await enterDesktop(viewer);
  await fake.waitFor(({ accepted }) => accepted === 2);
  assertEquals(fake.seen("ClientInit").length, 1);
});

Deno.test("a ready connection says that the source is up, without a probe", async () => {
  await using fake = await startFakeRfb({ password: "secret12" });
  await using gateway = await startGateway(yamlFor(fake));
  begin(gateway);
  await untilLogged(gateway, ({ message }) => message === "pi: RFB 3.8, VNC Authentication");
  const { status, detail, mode } = await readProbe(gateway);
  assertEquals({ status, detail, mode }, { status: "up", detail: "RFB 3.8, VNC Authentication", mode: "login" });
  assertEquals(fake.accepted, 1);
});

Deno.test("a viewer does not notice a prewarmed connection that died", async () => {
  await using fake = await startFakeRfb({ password: "secret12", fault: { at: "init", then: "reset", times: 1 } });
  await using gateway = await startGateway(yamlFor(fake));
  begin(gateway);
  await fake.waitFor((fake) => fake.seen("SecurityType").length === 1);
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, ["binary"]);
  await enterDesktop(viewer);
  assertEquals(fake.seen("ClientInit").length, 2);
});

Deno.test("a source without a prewarmed connection is dialed as usual", async () => {
  await using fake = await startFakeRfb({ password: "secret12" });
  await using gateway = await startGateway(yamlFor(fake));
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, ["binary"]);
  await enterDesktop(viewer);
  assertEquals(fake.seen("ClientInit").length, 1);
});

Deno.test("a gateway that has drained leaves no prewarmed connection behind", async () => {
  await using fake = await startFakeRfb({ password: "secret12" });
  await using gateway = await startGateway(yamlFor(fake));
  begin(gateway);
  await fake.waitFor((fake) => fake.seen("SecurityType").length === 1);
  await gateway.gateway.drain();
  await fake.waitFor(({ live }) => live === 0);
});

Deno.test("POST …/retry allows one more try of a refused password", async () => {
  await using fake = await startFakeRfb({ password: "secret12" });
  await using gateway = await startGateway(yamlFor(fake, "wrong"));
  begin(gateway);
  await untilLogged(gateway, ({ level }) => level === "warn");
  assertEquals((await readProbe(gateway)).status, "down");
  assertEquals(fake.accepted, 1, "the probe does not try it either");
  const retried = await fetch(`${gateway.origin}/api/sources/pi/retry`, { method: "POST" });
  assertEquals(retried.status, 204);
  await fake.waitFor(({ accepted }) => accepted === 2);
  assertEquals((await readProbe(gateway)).status, "down");
  assertEquals(fake.accepted, 2);
});

Deno.test("a session that ends leaves room for a prewarmed connection where the source takes one client", async () => {
  await using fake = await startFakeRfb({ password: "secret12" });
  await using gateway = await startGateway(`limits: { per_source: 1 }\n${yamlFor(fake)}`);
  begin(gateway);
  await fake.waitFor((fake) => fake.seen("SecurityType").length === 1);
  const viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, ["binary"]);
  await enterDesktop(viewer);
  assertEquals(fake.accepted, 1);
  await viewer[Symbol.asyncDispose]();
  await fake.waitFor(({ accepted }) => accepted === 2);
});
