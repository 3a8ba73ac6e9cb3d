/** Real servers that take probes amiss. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { enterDesktop } from "../fakes/enter_desktop.ts";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { ManualTimers } from "../fakes/manual_timers.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { openViewer } from "../fakes/web_viewer.ts";
import { type Mode, MODES } from "./modes.ts";
import { testWith } from "./programs.ts";
import { findPlaces, startServer, testMode } from "./servers.ts";
import { Xvnc } from "./xvnc.ts";

const MINUTE_MS = 60_000;
const ENDS = "x11vnc -norc -display {screen} -rfbport {port} -listen 127.0.0.1 -no6 -noipv6 -quiet";
const places = await findPlaces();

/** A gateway whose clock goes on by a minute with each probe. */
async function startOn(address: object, settings: Record<string, unknown> = {}) {
  const clock = new ManualTimers();
  const yaml = JSON.stringify({ auth: "none", sources: { pi: { ...address, ...settings } } });
  const gateway = await startGateway(yaml, { now: clock.now });
  const probe = async () => {
    clock.pass(MINUTE_MS);
    const { status, detail, warning } = await (await fetch(`${gateway.origin}/api/sources/pi/probe`)).json();
    return { status, detail, ...(warning && { warning }) };
  };
  return { gateway, probe, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() };
}

async function open({ wsOrigin }: TestGateway): Promise<void> {
  await using viewer = openViewer(`${wsOrigin}/ws/vnc/pi`, ["binary"]);
  await enterDesktop(viewer);
}

const ending: readonly (readonly [Mode, Record<string, unknown>])[] = [
  [{ name: "x11vnc without -forever", screen: "xvfb", command: `${ENDS} -nopw` }, {}],
  [{ name: "x11vnc without -forever", screen: "xvfb", command: `${ENDS} -nopw` }, { look: "full" }],
  [{ name: "x11vnc without -forever, with a password", screen: "xvfb", command: `${ENDS} -rfbauth {lab}/password` }, {
    password: "secret12",
  }],
];

for (const [mode, settings] of ending) {
  const name = `${mode.name} is still there for its first viewer after ten probes: ${JSON.stringify(settings)}`;
  testMode(mode, places, { what: name }, async () => {
    await using server = await startServer(mode, places);
    await using rig = await startOn(server.address, settings);
    for (let probes = 0; probes < 10; probes++) {
      // For half a second after a client has left, it refuses others.
      await waitUntil(async () => (await rig.probe()).status === "up", "a probe that succeeds");
    }
    await waitUntil(() => open(rig.gateway).then(() => true, () => false), "a viewer on the desktop");
  });
}

const counting: readonly [string, Record<string, unknown>][] = [
  ["None", {}],
  ["VncAuth", { password: "secret12" }],
  ["VncAuth", {}],
];

for (const [securityTypes, settings] of counting) {
  const name = `TigerVNC's ${securityTypes} does not block a gateway that probes it: ${JSON.stringify(settings)}`;
  testWith(["Xvnc", "vncpasswd"], name, async () => {
    const args = ["-BlacklistThreshold=5"];
    await using xvnc = await Xvnc.start({ securityTypes, password: "secret12", args });
    await using rig = await startOn({ host: "127.0.0.1", port: xvnc.port }, settings);
    for (let probes = 0; probes < 14; probes++) assertEquals((await rig.probe()).status, "up");
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: xvnc.port });
    const version = new Uint8Array(12);
    await conn.read(version);
    assertEquals(new TextDecoder().decode(version), "RFB 003.008\n");
  });
}

const overTls: readonly Mode[] = [
  {
    name: "x11vnc -ssl without -forever",
    screen: "xvfb",
    command: `${ENDS} -ssl {lab}/self-signed.pem -vencrypt force -rfbauth {lab}/password`,
    login: { password: "secret12" },
  },
  ...MODES.filter(({ name }) => /^(QEMU|TigerVNC|wayvnc).*X509(Vnc|Plain)$/.test(name)),
];

for (const mode of overTls) {
  testMode(mode, places, { what: `${mode.name} is still there after looks at its certificate` }, async () => {
    await using server = await startServer(mode, places);
    await using rig = await startOn(server.address);
    for (let probes = 0; probes < 3; probes++) {
      assertStringIncludes((await rig.probe()).warning ?? "", "will be trusted on first use");
    }
    await using knowing = await startOn(server.address, mode.login);
    await waitUntil(() => open(knowing.gateway).then(() => true, () => false), "a viewer on the desktop");
  });
}

const askingOverTls: Mode = {
  name: "x11vnc -ssl -accept",
  screen: "xvfb",
  command: `${ENDS} -ssl {lab}/self-signed.pem -vencrypt force -forever -accept {lab}/ask`,
};

testMode(
  askingOverTls,
  places,
  { what: "x11vnc -ssl -accept asks its user about a viewer, but not about a look at its certificate" },
  async () => {
    await using server = await startServer(askingOverTls, places);
    const { folder } = server.lab;
    const asked = `${folder}/asked`;
    await Deno.writeTextFile(`${folder}/ask`, `#!/bin/sh\necho asked >> ${asked}\nsleep 15\n`, { mode: 0o755 });
    const isAsked = () => Deno.stat(asked).then(() => true, () => false);
    await using rig = await startOn(server.address);
    for (let probes = 0; probes < 3; probes++) {
      assertStringIncludes((await rig.probe()).warning ?? "", "will be trusted on first use");
    }
    assertEquals(await isAsked(), false);
    await using strict = await startOn(server.address, {
      tls: { ca: `${folder}/self-signed.pem`, server_name: "localhost" },
    });
    // A probe that completes the handshake may be gone before a busy x11vnc gets to ask; a viewer stays.
    const opened = open(strict.gateway).catch(() => {});
    await waitUntil(isAsked, "its user to be asked");
    await opened;
  },
);

const asking: Mode = {
  name: "x11vnc -accept",
  screen: "xvfb",
  command: `${ENDS} -nopw -forever -accept {lab}/ask`,
};

testMode(asking, places, { what: "x11vnc -accept asks its user about one probe at most" }, async () => {
  // The command is looked for at each connection.
  await using server = await startServer(asking, places);
  const asked = `${server.lab.folder}/asked`;
  await Deno.writeTextFile(`${server.lab.folder}/ask`, `#!/bin/sh\necho asked >> ${asked}\nsleep 15\n`, {
    mode: 0o755,
  });
  await using rig = await startOn(server.address);
  assertStringIncludes((await rig.probe()).detail, "asks a user there to accept");
  for (let probes = 0; probes < 5; probes++) assertEquals((await rig.probe()).status, "up");
  assertEquals(await Deno.readTextFile(asked), "asked\n");
});

testWith(
  ["Xvnc", "vncconfig", "xdotool"],
  "TigerVNC's QueryConnect asks its user about no probe of an offer",
  async () => {
    await using xvnc = await Xvnc.start({ args: ["-QueryConnect=1"] });
    await xvnc.start("vncconfig", ["-nowin"]);
    await waitUntil(() => xvnc.run("xdotool", "search", "--name", "VNC").then(() => true, () => false), "vncconfig");
    await using rig = await startOn({ host: "127.0.0.1", port: xvnc.port });
    for (let probes = 0; probes < 2; probes++) assertEquals((await rig.probe()).detail, "RFB 3.8, None");
    assertEquals(await xvnc.run("xdotool", "search", "--name", "Accept Connection").catch(() => ""), "");
  },
);

const [lying] = MODES.filter(({ name }) => name === "wayvnc 0.5, X509Plain");

testMode(lying!, places, { what: "a probe finds out that wayvnc 0.5 accepts a wrong password" }, async () => {
  await using server = await startServer(lying!, places);
  for (const [password, status] of [["wrong", "down"], [lying!.login!.password, "up"]]) {
    await using rig = await startOn(server.address, { ...lying!.login, password });
    const found = await rig.probe();
    assertEquals(found.status, status, found.detail);
  }
});
