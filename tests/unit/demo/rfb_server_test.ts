import { assertEquals, assertRejects } from "@std/assert";
import { createDemo } from "../../../src/demo/connect.ts";
import { DemoDesktop } from "../../../src/demo/demo_desktop.ts";
import { createStreamPair } from "../../../src/demo/channel.ts";
import { type RfbEvent, serveRfb } from "../../../src/demo/rfb_server.ts";
import { RfbViewer } from "../../fakes/rfb_viewer.ts";

const WHOLE = { x: 0, y: 0, width: 200, height: 150 };

/** A served desktop of 200 by 150 pixels that moves only when told. */
function startServed(options: Parameters<typeof serveRfb>[2] = {}) {
  const desktop = new DemoDesktop({ width: 200, height: 150, tickMs: 0, now: () => new Date(0) });
  const [near, far] = createStreamPair();
  const events: RfbEvent[] = [];
  const served = serveRfb(far, desktop, { observe: (event) => events.push(event), ...options });
  served.catch(() => {});
  return {
    desktop,
    near,
    events,
    served,
    async [Symbol.asyncDispose]() {
      near.close();
      await served.catch(() => {});
    },
  };
}

for (const version of ["3.3", "3.7", "3.8"] as const) {
  for (const password of [undefined, "secret12"]) {
    for (const dribble of [false, true]) {
      const name = `${version}, ${password ? "VNC Authentication" : "None"}, ${dribble ? "a byte at a time" : "whole"}`;
      Deno.test(`serveRfb() logs a viewer in: ${name}`, async () => {
        await using rig = startServed(password ? { password } : {});
        const viewer = await RfbViewer.open(rig.near, { version, dribble, ...(password && { password }) });
        assertEquals([viewer.width, viewer.height, viewer.name], [200, 150, "Porthole demo"]);
        await viewer.update(true);
        assertEquals(viewer.pixels, rig.desktop.readPixels(WHOLE));
        assertEquals(rig.events.slice(0, 3), [
          { type: "ProtocolVersion", version },
          { type: "SecurityType", securityType: password ? 2 : 1 },
          { type: "ClientInit", shared: true },
        ]);
      });
    }
  }
}

Deno.test("serveRfb() refuses a wrong password with a reason", async () => {
  await using rig = startServed({ password: "secret12" });
  await assertRejects(() => RfbViewer.open(rig.near, { password: "other" }), Error, "Refused: Wrong password");
});

for (const encoding of [0, 16]) {
  Deno.test(`serveRfb() draws the same pixels with encoding ${encoding}`, async () => {
    await using rig = startServed();
    const viewer = await RfbViewer.open(rig.near);
    await viewer.setEncodings(1, encoding);
    await viewer.update(true);
    assertEquals(viewer.pixels, rig.desktop.readPixels(WHOLE));
  });
}

Deno.test("createDemo() serves a desktop that moves by CopyRect, and stops its timer", async () => {
  const demo = createDemo();
  const viewer = await RfbViewer.open(demo.connect());
  await viewer.setEncodings(1, 16, -308, -239);
  await viewer.update(true);
  await viewer.update();
  let copies = 0;
  for (let i = 0; i < 5; i++) {
    await viewer.update();
    copies += viewer.rectangles.filter((rectangle) => rectangle.encoding === 1).length;
  }
  assertEquals(copies > 0, true);
  viewer.stream.close();
});
