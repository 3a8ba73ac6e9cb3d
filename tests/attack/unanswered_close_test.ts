/** Viewers that never answer the gateway's close frame. */
import { assertEquals } from "@std/assert";
import { PortholeError } from "../../src/errors.ts";
import { startGateway } from "../fakes/gateway.ts";
import { sendRaw, UPGRADE } from "../fakes/raw_http.ts";
import { openRaw, type RawViewer } from "../fakes/raw_viewer.ts";
import { listenPatiently } from "../fakes/tcp_source.ts";
import { waitUntil } from "../fakes/wait_until.ts";

type Gateway = Awaited<ReturnType<typeof startGateway>>;

const ENDINGS: Record<number, (viewer: RawViewer, gateway: Gateway) => void> = {
  1003: (viewer) => void viewer.send("a text frame"),
  4403: (_viewer, { gateway }) =>
    gateway.registry.endWhere(() => true, new PortholeError("session_ended_by_admin", "Ended")),
};

for (const [code, end] of Object.entries(ENDINGS)) {
  Deno.test(`a viewer that never answers the close frame ${code} counts until it is let go, which it is`, async () => {
    await using source = listenPatiently();
    await using gateway = await startGateway(
      `auth: none\nlimits: { per_address: 1 }\nsources:\n  pi: { host: 127.0.0.1, port: ${source.port} }\n`,
    );
    const ask = async () => (await sendRaw(gateway.port, { path: "/ws/vnc/pi", headers: UPGRADE })).status;
    await using viewer = await openRaw(gateway.port);
    await viewer.until(({ downBytes }) => downBytes > 0);
    end(viewer, gateway);
    await viewer.until(({ close }) => close !== undefined);
    assertEquals(viewer.close?.code, Number(code));
    assertEquals([viewer.isGone, await ask()], [false, 429]);
    await viewer.gone;
    await waitUntil(() => gateway.gateway.registry.size + gateway.gateway.registry.stuck === 0);
    assertEquals(await ask(), 101);
  });
}
