import { assertEquals, assertMatch } from "@std/assert";
import { startGateway } from "../fakes/gateway.ts";
import { openRaw } from "../fakes/raw_viewer.ts";
import { listenTcp, readToEnd } from "../fakes/tcp_source.ts";

Deno.test("a handshake that a proxy has spoiled is recognized, and logged once a minute", async () => {
  await using source = listenTcp(async (conn) => void await readToEnd(conn));
  await using rig = await startGateway(`auth: none\nsources:\n  pi: { host: 127.0.0.1, port: ${source.port} }\n`);
  const spoiled: [Record<string, string | undefined>, string][] = [
    [{ Upgrade: undefined, Connection: "close" }, "Upgrade: websocket and Connection: Upgrade"],
    [{ Upgrade: undefined, Connection: undefined }, "Upgrade: websocket and Connection: Upgrade"],
    [{ Upgrade: undefined }, "Upgrade: websocket"],
    [{ Connection: "keep-alive" }, "Connection: Upgrade"],
  ];
  const paths = ["/ws/vnc/pi", "/websockify", "/any/path?token=pi"];
  for (const [path, [headers, missing]] of paths.flatMap((path) => spoiled.map((one) => [path, one] as const))) {
    await using viewer = await openRaw(rig.port, path, headers);
    await viewer.until(({ rest }) => rest.includes("}"));
    assertEquals(viewer.status, 426);
    assertMatch(viewer.head, /^upgrade: websocket$/im);
    const { code, detail } = JSON.parse(viewer.rest.slice(viewer.rest.indexOf("{"), viewer.rest.indexOf("}") + 1));
    assertEquals(code, "upgrade_required");
    assertEquals(detail, `The proxy in front does not pass WebSockets on: the request arrived without ${missing}`);
  }
  const warnings = rig.lines.filter(({ level }) => level === "warn");
  assertEquals(warnings.length, 1);
  assertEquals(warnings[0]!.message, "The proxy in front does not pass WebSockets on");
  await using several = await openRaw(rig.port, "/ws/vnc/pi", { Connection: "keep-alive, Upgrade" });
  assertEquals(several.status, 101);
  const plain = await fetch(`${rig.origin}/ws/vnc/pi`);
  assertEquals([plain.status, /open \/site\/vnc\/NAME/.test(await plain.text())], [426, true]);
});
