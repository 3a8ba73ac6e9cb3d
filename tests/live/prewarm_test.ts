/** Real servers wait for ClientInit on several connections at a time, and serve other viewers meanwhile. */
import { assertEquals } from "@std/assert";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { enterDesktop } from "../fakes/enter_desktop.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { openViewer } from "../fakes/web_viewer.ts";
import { type Mode, MODES } from "./modes.ts";
import { testWith } from "./programs.ts";
import { findPlaces, startServer, testMode } from "./servers.ts";
import { Xvnc } from "./xvnc.ts";

const places = await findPlaces();

/** One mode of each server, and those that differ most from it. */
const TRIED =
  /^(TigerVNC 1.12, (None|VncAuth|X509Plain)|TightVNC 1.3, VncAuth|x11vnc 0.9, (rfbauth|ssl, X509None)|QEMU 7.2, (password|X509Vnc)|wayvnc 0.5, (None|X509Plain)|TigerVNC 1.15, RA2|wayvnc 0.9, as on Raspberry.*|weston 14, X509Plain)$/;

for (const mode of MODES.filter(({ name }) => TRIED.test(name))) {
  testMode(mode, places, { what: `connections to ${mode.name} can be kept ready` }, () => keepReady(mode));
}

async function keepReady(mode: Mode): Promise<void> {
  await using server = await startServer(mode, places);
  const { login = {}, ca } = mode;
  const tls = ca ? { tls: { ca: `${server.lab.folder}/ca.crt` } } : {};
  const live = { ...server.address, ...login, ...tls, prewarm: 2 };
  const yaml = JSON.stringify({ gateway: { data: server.lab.folder }, auth: "none", sources: { live } });
  await using gateway = await startGateway(yaml);
  gateway.gateway.applyConfig();
  await untilReady(gateway, 2);
  await using first = openViewer(`${gateway.wsOrigin}/ws/vnc/live`, ["binary"]);
  await enterDesktop(first);
  await untilReady(gateway, 2);
  await using second = openViewer(`${gateway.wsOrigin}/ws/vnc/live`, ["binary"]);
  await enterDesktop(second);
  const told = gateway.lines.filter(({ message }) => /prewarm/i.test(String(message)));
  assertEquals(told, []);
}

testWith(
  ["Xvnc", "vncpasswd"],
  "TigerVNC does not count an unused prewarmed connection as a failed login",
  async () => {
    const args = ["-BlacklistThreshold=1", "-BlacklistTimeout=3600"];
    await using xvnc = await Xvnc.start({ securityTypes: "VncAuth", password: "secret12", args });
    const live = { host: "127.0.0.1", port: xvnc.port, password: "secret12", prewarm: 2 };
    for (let starts = 0; starts < 3; starts++) {
      await using gateway = await startGateway(JSON.stringify({ auth: "none", sources: { live } }));
      gateway.gateway.applyConfig();
      await untilReady(gateway, 2);
    }
    // It does count connections that end before the login.
    for (let bare = 0; bare < 3; bare++) {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port: xvnc.port });
      await conn.read(new Uint8Array(12));
    }
    await using gateway = await startGateway(JSON.stringify({ auth: "none", sources: { live } }));
    gateway.gateway.applyConfig();
    await waitUntil(() => gateway.lines.some(({ reason }) => /too many/i.test(String(reason))), "the lockout");
  },
);

async function untilReady({ origin }: TestGateway, count: number): Promise<void> {
  await waitUntil(async () => {
    const metrics = await (await fetch(`${origin}/metrics`)).text();
    return metrics.includes(`\nporthole_prewarmed ${count}\n`);
  }, `${count} connections to be ready`);
}
