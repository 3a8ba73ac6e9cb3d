import { assert, assertEquals, assertRejects } from "@std/assert";
import { createStreamPair } from "../../../src/demo/channel.ts";

Deno.test("createStreamPair() fills the buffer that a BYOB reader brings", async () => {
  const [near, far] = createStreamPair();
  const reader = near.readable.getReader({ mode: "byob" });
  const reading = reader.read(new Uint8Array(16));
  const writer = far.writable.getWriter();
  const mine = Uint8Array.of(1, 2, 3);
  await writer.write(mine);
  mine.fill(9);
  const { value } = await reading;
  assertEquals([value, value?.buffer.byteLength], [Uint8Array.of(1, 2, 3), 16]);
  far.close();
  assertEquals((await reader.read(value!)).done, true);
});

Deno.test("createStreamPair() holds at most 256 KiB while nobody reads", async () => {
  const [near, far] = createStreamPair();
  const writer = far.writable.getWriter();
  let written = 0;
  const writing = (async () => {
    for (; written < 64; written++) await writer.write(new Uint8Array(64 * 1024));
  })();
  const reader = near.readable.getReader();
  for (let received = 0; received < 64 * 64 * 1024;) {
    received += (await reader.read()).value!.length;
    assert(written * 64 * 1024 - received <= 256 * 1024, `${written} chunks written, ${received} bytes received`);
  }
  await writing;
});

Deno.test("createStreamPair() delivers what was written before the close, then the end", async () => {
  const [near, far] = createStreamPair();
  await far.writable.getWriter().write(new Uint8Array(1000));
  far.close();
  far.close();
  assertEquals((await new Response(near.readable).arrayBuffer()).byteLength, 1000);
});

Deno.test("createStreamPair() fails a writer whose reader has gone, also a waiting one", async () => {
  const [near, far] = createStreamPair();
  const waiting = far.writable.getWriter().write(new Uint8Array(1 << 20));
  near.close();
  await assertRejects(() => waiting, Error, "closed");
  await assertRejects(() => near.readable.getReader().read(), Error, "closed");
});
