/** The pump and a viewer that keeps what it sends: the memory of reads must not be used again. */
import { assert, assertEquals } from "@std/assert";
import { pump } from "../../../src/bridge/pump.ts";
import { Taps } from "../../../src/bridge/taps.ts";
import { Turns } from "../../../src/bridge/turns.ts";
import { ManualSource } from "../../fakes/manual_source.ts";
import { settle } from "../../fakes/pump_rig.ts";
import { makeResumableRig, writeAck } from "../../fakes/resumable_rig.ts";
import { Seeded } from "../../fakes/seeded.ts";

const KIB = 1024;

async function startLasting() {
  const rig = await makeResumableRig();
  const source = new ManualSource();
  const count = { upBytes: 0, downBytes: 0 };
  const ended = pump({ source, viewer: rig.viewer, taps: new Taps(), turns: new Turns(), count });
  return { rig, source, ended };
}

Deno.test("whatever lengths a source sends, what is sent again is what was sent", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const chance = new Seeded(seed);
    const { rig, source, ended } = await startLasting();
    let sent = new Uint8Array();
    while (sent.length < 100 * KIB) {
      await source.waitForRead();
      const most = chance.next() < 0.5 ? source.readSizes.at(-1)! : 1 + chance.below(source.readSizes.at(-1)!);
      const bytes = Uint8Array.from({ length: most }, () => chance.below(256));
      sent = new Uint8Array([...sent, ...bytes]);
      await source.give(bytes);
    }
    await settle();
    rig.socket.end(1006);
    const next = rig.resume(0);
    assert(next.bytes().every((byte, at) => byte === sent[at]), `seed ${seed}`);
    assertEquals(next.bytes().length, sent.length);
    next.end(1000);
    await source.finish();
    await ended;
  }
});

Deno.test("the source waits while the window is full, with a link or without, and goes on with an acknowledgement", async () => {
  const { rig, source, ended } = await startLasting();
  const give = async () => {
    await source.waitForRead();
    await source.give(new Uint8Array(source.readSizes.at(-1)!));
  };
  for (; rig.viewer.roomBytes > 0; await settle()) await give();
  const reads = source.readSizes.length;
  rig.socket.end(1006);
  const sent = rig.share.bytes;
  assert(sent <= 129 * KIB, `${sent} bytes are kept`);
  const next = rig.resume(0);
  assertEquals(source.readSizes.length, reads);
  next.receive(writeAck(next.bytes().length));
  await give();
  assert(source.readSizes.length > reads);
  next.end(1000);
  await source.finish();
  await ended;
});
