import { assert, assertEquals } from "@std/assert";
import type { ByteStream } from "../../../src/bridge/byte_stream.ts";
import { wrapConn } from "../../../src/source/dial/conn_stream.ts";
import { listenTcp, readToEnd, writeAll } from "../../fakes/tcp_source.ts";

const MIB = 1024 * 1024;

/** Bytes in which a lost, duplicated or moved one shows. */
function makePattern(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7 + (at >> 16)) & 255);
}

async function open(port: number): Promise<ByteStream> {
  return wrapConn(await Deno.connect({ hostname: "127.0.0.1", port }));
}

Deno.test("what a source sent before it closed can be read after a write has failed", async () => {
  await using source = listenTcp((conn) => writeAll(conn, Uint8Array.of(1, 2, 3)));
  const stream = await open(source.port);
  const writer = stream.writable.getWriter();
  writer.closed.catch(() => {});
  // The first write to a closed source succeeds, and is answered by the reset that fails a later one.
  for (let isTaken = true; isTaken;) isTaken = await writer.write(new Uint8Array(1000)).then(() => true, () => false);
  const reader = stream.readable.getReader({ mode: "byob" });
  assertEquals((await reader.read(new Uint8Array(8))).value, Uint8Array.of(1, 2, 3));
  stream.close();
});

Deno.test("writes arrive whole and in order, also where the kernel takes a part of one", async () => {
  const sent = makePattern(12 * MIB);
  const begins = Promise.withResolvers<void>();
  const got = Promise.withResolvers<Uint8Array>();
  await using source = listenTcp(async (conn) => {
    await begins.promise;
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for await (const chunk of conn.readable) chunks.push(chunk);
    got.resolve(new Uint8Array(await new Blob(chunks).arrayBuffer()));
  });
  const stream = await open(source.port);
  const writer = stream.writable.getWriter();
  const writes = [writer.write(sent.subarray(0, 7 * MIB)), writer.write(sent.subarray(7 * MIB)), writer.close()];
  begins.resolve();
  await Promise.all(writes);
  const bytes = await got.promise;
  assertEquals(bytes.length, sent.length);
  assert(bytes.every((byte, at) => byte === sent[at]));
});

Deno.test("close() fails the write under way, and the stream", async () => {
  await using source = listenTcp(async (conn) => {
    await stopped.promise;
    await readToEnd(conn);
  });
  const stopped = Promise.withResolvers<void>();
  const stream = await open(source.port);
  const writer = stream.writable.getWriter();
  const closed = writer.closed.then(() => true, () => false);
  const write = writer.write(makePattern(12 * MIB)).then(() => true, () => false);
  stream.close();
  stream.close();
  assertEquals([await write, await closed], [false, false]);
  stopped.resolve();
});
