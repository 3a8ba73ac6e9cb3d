/** TLS that the gateway cannot speak: said once, by name, with the setting to change. */
import { assertEquals, assertMatch } from "@std/assert";
import { openViewer } from "../fakes/web_viewer.ts";
import { startGateway } from "./gateway.ts";
import type { Mode } from "./modes.ts";
import { runProgram } from "./programs.ts";
import { findPlaces, startServer, testMode } from "./servers.ts";

const places = await findPlaces();

/** TigerVNC reads the certificate when a viewer starts TLS, so that it can be made after its start. */
const TIGER: Mode = {
  name: "TigerVNC with a short key",
  command: "Xtigervnc -displayfd 1 -geometry 320x240 -interface 127.0.0.1 -nolisten tcp -ac -rfbport {port} " +
    "-BlacklistThreshold=100000 -SecurityTypes X509Vnc -rfbauth {lab}/password -X509Key {lab}/short.key " +
    "-X509Cert {lab}/short.crt",
  login: { password: "secret12" },
};

testMode(
  TIGER,
  places,
  { what: "an RSA key of 1024 bits is named, with the setting to change, and not tried again", programs: ["openssl"] },
  async () => {
    await using server = await startServer(TIGER, places);
    const { folder } = server.lab;
    const files = ["-keyout", `${folder}/short.key`, "-out", `${folder}/short.crt`];
    const args = ["req", "-x509", "-newkey", "rsa:1024", "-nodes", "-days", "9", "-subj", "/CN=127.0.0.1", ...files];
    await runProgram("openssl", { args });
    await using gateway = await startGateway({ pi: { ...server.address, password: "secret12" } });
    const wanted = /TLS with the server is not possible: its certificate has an RSA key of 1024 bits.*X509Cert/;
    const found = await (await fetch(new URL("api/sources/pi/probe", gateway.url))).json();
    assertEquals(found.status, "down");
    assertMatch(found.detail, wanted);
    const url = new URL("ws/vnc/pi", gateway.url).href.replace("http", "ws");
    await using viewer = openViewer(url, ["porthole.v1"]);
    await viewer.closed;
    const { message, retry } = viewer.side.find(({ type }) => type === "goodbye")!;
    assertMatch(String(message), wanted);
    assertEquals(retry, false);
  },
);
