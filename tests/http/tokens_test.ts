/** Tokens that open a WebSocket: in a subprotocol, or signed by somebody else. */
import { assert, assertEquals } from "@std/assert";
import { SignJWT } from "jose";
import { TOKENS } from "../fakes/callers.ts";
import { startEditable } from "../fakes/editable_gateway.ts";
import { sendRaw } from "../fakes/raw_http.ts";
import { openViewer } from "../fakes/web_viewer.ts";

const SIGNER = "0123456789abcdef0123456789abcdef";
const WITH_SIGNER = (yaml: string) => yaml.replace("  tokens:", `  jwt: [{ secret: ${SIGNER} }]\n  tokens:`);

Deno.test("a token in a subprotocol opens a WebSocket, and another offered subprotocol is chosen", async () => {
  await using rig = await startEditable();
  for (const [offered, chosen] of [[["binary"], "binary"], [["porthole.v1"], "porthole.v1"], [[], ""]] as const) {
    const token = `porthole.token.${TOKENS.ci}`;
    await using viewer = openViewer(`${rig.wsOrigin}/ws/vnc/pi`, [...offered, token]);
    await viewer.until(({ byteCount }) => byteCount > 0);
    assertEquals(viewer.socket.protocol, chosen || token);
  }
});

Deno.test("an invalid token in a subprotocol opens nothing", async () => {
  await using rig = await startEditable();
  await using viewer = openViewer(`${rig.wsOrigin}/ws/vnc/desk`, [`porthole.token.nonsense`]);
  await viewer.closed;
  assertEquals(viewer.byteCount, 0);
});

Deno.test("a signed token opens only the source that it names", async () => {
  await using rig = await startEditable(WITH_SIGNER);
  const token = await new SignJWT({ source: "pi", role: "view" }).setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1m").sign(new TextEncoder().encode(SIGNER));
  await using viewer = openViewer(`${rig.wsOrigin}/websockify?token=${token}`, ["porthole.v1"]);
  await viewer.until(({ byteCount }) => byteCount > 0);
  const [session] = rig.gateway.registry.list();
  assertEquals([session?.source.name, session?.user.name, session?.user.viewOnly], [
    "pi",
    "jwt:unnamed",
    true,
  ]);
  const { status } = await sendRaw(rig.port, { path: `/api/sources?token=${token}` });
  assertEquals(status, 401);
  assert(!JSON.stringify(rig.lines).includes(token));
});

Deno.test("a session ends with the permission of the signer of its token", async () => {
  const token = await new SignJWT({ source: "pi" }).setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1m").sign(new TextEncoder().encode(SIGNER));
  for (const limit of ["sources: [desk]", "role: view"]) {
    await using rig = await startEditable(WITH_SIGNER);
    await using viewer = openViewer(`${rig.wsOrigin}/websockify?token=${token}`, ["binary"]);
    await viewer.until(({ byteCount }) => byteCount > 0);
    await rig.edit((yaml) => yaml.replace(`secret: ${SIGNER}`, `secret: ${SIGNER}, ${limit}`));
    assertEquals((await viewer.closed).code, 4403, limit);
    await using again = openViewer(`${rig.wsOrigin}/websockify?token=${token}`, ["binary"]);
    if (limit.startsWith("role")) {
      await again.until(({ byteCount }) => byteCount > 0);
      assertEquals(rig.gateway.registry.list().map(({ user }) => user.viewOnly), [true]);
    } else {
      await again.closed;
      const { status } = await sendRaw(rig.port, {
        path: `/websockify?token=${token}`,
        headers: {
          "Upgrade": "websocket",
          "Connection": "Upgrade",
          "Sec-WebSocket-Version": "13",
          "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        },
      });
      assertEquals([status, again.byteCount], [404, 0]);
    }
  }
});
