import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ByteStream } from "../../../src/bridge/byte_stream.ts";
import { type FakeRfb, startFakeRfb } from "../../fakes/rfb_server.ts";
import { RfbViewer } from "../../fakes/rfb_viewer.ts";

async function dial(fake: FakeRfb): Promise<ByteStream & Disposable> {
  const { address } = fake;
  const conn = address.kind === "tcp"
    ? await Deno.connect({ hostname: address.hostname, port: address.port })
    : await Deno.connect({ transport: "unix", path: address.kind === "unix" ? address.path : "" });
  const close = () => {
    try {
      conn.close();
    } catch { /* Deno closes it by itself after the end was read. */ }
  };
  return { readable: conn.readable, writable: conn.writable, close, [Symbol.dispose]: close };
}

/** Everything that arrives until the end, and how the stream ended. */
async function drain(stream: ByteStream): Promise<{ text: string; reset: boolean }> {
  let text = "";
  try {
    for await (const chunk of stream.readable) text += new TextDecoder("latin1").decode(chunk);
    return { text, reset: false };
  } catch (error) {
    return { text, reset: error instanceof Deno.errors.ConnectionReset };
  }
}

Deno.test("startFakeRfb() serves viewers, counts them and remembers what they sent", async () => {
  await using fake = await startFakeRfb();
  using stream = await dial(fake);
  const viewer = await RfbViewer.open(stream, { shared: false });
  await viewer.setEncodings(16, 1);
  await viewer.update(true);
  await viewer.key(0x61);
  await viewer.pointer(3, 4, 1);
  await fake.waitFor(() => fake.seen("PointerEvent").length === 1);
  assertEquals(fake.seen("ClientInit"), [{ type: "ClientInit", shared: false }]);
  assertEquals(fake.seen("SetEncodings"), [{ type: "SetEncodings", encodings: [16, 1] }]);
  assertEquals(fake.seen("KeyEvent"), [{ type: "KeyEvent", down: true, keysym: 0x61 }]);
  assertEquals([fake.accepted, fake.live, fake.receivedBytes], [1, 1, 12 + 1 + 1 + 12 + 10 + 8 + 6]);
  stream.close();
  await fake.waitFor(() => fake.live === 0);
});

Deno.test("startFakeRfb() listens on a unix socket and dribbles", async () => {
  const dir = await Deno.makeTempDir();
  await using fake = await startFakeRfb({ unixPath: `${dir}/vnc.sock`, dribble: true, password: "secret12" });
  using stream = await dial(fake);
  const viewer = await RfbViewer.open(stream, { password: "secret12" });
  assertEquals(viewer.name, "Fake");
  stream.close();
  await fake.stop();
  await Deno.remove(dir, { recursive: true });
});

Deno.test("a fake greets with HTTP or garbage in place of RFB", async () => {
  for (const [then, expected] of [["http", /^HTTP\/1\.1 400/], ["garbage", /^X{12}/], ["close", /^$/]] as const) {
    await using fake = await startFakeRfb({ fault: { at: "connect", then } });
    using stream = await dial(fake);
    const { text, reset } = await drain(stream);
    assert(expected.test(text), text);
    assertEquals(reset, false);
  }
});

Deno.test("a fake resets a connection during the handshake", async () => {
  await using fake = await startFakeRfb({ fault: { at: "init", then: "reset" } });
  using stream = await dial(fake);
  const error = await RfbViewer.open(stream).catch((error) => error);
  assert(error.cause instanceof Deno.errors.ConnectionReset, String(error));
});

for (const at of ["connect", "version", "security", "init"] as const) {
  for (const then of ["close", "reset", "http", "garbage"] as const) {
    Deno.test(`a fake's fault at ${at} strikes as often as configured: ${then}`, async () => {
      await using fake = await startFakeRfb({ fault: { at, then, times: 1 } });
      await assertRejects(async () => {
        using stream = await dial(fake);
        await RfbViewer.open(stream);
      });
      using again = await dial(fake);
      assertEquals((await RfbViewer.open(again)).name, "Fake");
      assertEquals(fake.errors, []);
    });
  }
}

Deno.test("a fake refuses with its reason", async () => {
  await using fake = await startFakeRfb({ fault: { at: "security", then: "refuse", reason: "Too many" } });
  using stream = await dial(fake);
  await assertRejects(() => RfbViewer.open(stream), Error, "Refused: Too many");
});

Deno.test("a stalled fake sends nothing until the viewer leaves", async () => {
  await using fake = await startFakeRfb({ fault: { at: "init", then: "stall" } });
  const stream = await dial(fake);
  const opened = RfbViewer.open(stream).catch((error) => error);
  await fake.waitFor(() => fake.seen("ClientInit").length === 1);
  assertEquals(fake.live, 1);
  stream.close();
  await opened;
  await fake.waitFor(() => fake.live === 0);
});

Deno.test("a fake's script floods, and stops while a viewer does not read", async () => {
  const flood = new Uint8Array(1 << 20);
  await using fake = await startFakeRfb({
    script: async (stream) => {
      for (let i = 0; i < 64; i++) await stream.write(flood);
    },
  });
  using stream = await dial(fake);
  await fake.waitFor(() => fake.accepted === 1);
  const { text } = await drain(stream);
  assertEquals(text.length, 64 << 20);
});
