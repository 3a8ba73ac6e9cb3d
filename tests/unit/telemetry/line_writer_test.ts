import { assert, assertEquals } from "@std/assert";
import { createLineWriter } from "../../../src/telemetry/line_writer.ts";

/** A pipe that takes what fits, and no more until it is read. */
function createPipe(capacity: number) {
  let room = capacity;
  let read = Promise.withResolvers<void>();
  let text = "";
  return {
    write: async (bytes: Uint8Array) => {
      while (room === 0) await read.promise;
      const count = Math.min(room, bytes.length);
      room -= count;
      text += new TextDecoder().decode(bytes.subarray(0, count));
      return count;
    },
    get text() {
      return text;
    },
    /** Reads from now on. */
    read() {
      room = Infinity;
      read.resolve();
      read = Promise.withResolvers();
    },
  };
}

Deno.test("lines are written whole and in order, although each write takes only a part", async () => {
  let text = "";
  const writer = createLineWriter({
    write: (bytes) => {
      text += new TextDecoder().decode(bytes.subarray(0, 3));
      return Promise.resolve(Math.min(3, bytes.length));
    },
  });
  for (let line = 0; line < 100; line++) writer.write(`line ${line}`);
  await writer.settled();
  assertEquals(text, Array.from({ length: 100 }, (_, line) => `line ${line}\n`).join(""));
});

Deno.test("a line that is written just as the queue becomes empty is not left behind", async () => {
  let text = "";
  const other = createLineWriter({
    write: (bytes) => {
      text += new TextDecoder().decode(bytes);
      return Promise.resolve(bytes.length);
    },
  });
  for (let turns = 0; turns < 20; turns++) {
    other.write("first");
    for (let turn = 0; turn < turns; turn++) await undefined;
    other.write(`second ${turns}`);
    await new Promise((done) => setTimeout(done));
    assert(text.endsWith(`second ${turns}\n`), `after ${turns} turns`);
  }
});

Deno.test("a pipe that nobody reads costs lines, which are counted, and told at their place when it is read", async () => {
  const pipe = createPipe(1_000);
  const writer = createLineWriter({ write: pipe.write, onBack: (lost) => writer.write(`lost ${lost}`) });
  for (let line = 0; line < 20_000; line++) writer.write(`line ${line} ${"x".repeat(100)}`);
  const { lost } = writer;
  assert(lost > 5_000 && lost < 15_000, `${lost} lines are lost`);
  pipe.read();
  await writer.settled();
  writer.write("next");
  await writer.settled();
  const lines = pipe.text.trimEnd().split("\n");
  assertEquals(lines.slice(-2), [`lost ${lost}`, "next"]);
  assertEquals(lines.length, 20_000 - lost + 2);
  assert(lines.slice(0, -2).every((line, index) => line.startsWith(`line ${index} `)));
});

Deno.test("the line that tells how many were lost is not lost itself, though the queue is still full", async () => {
  const pipe = createPipe(1);
  const writer = createLineWriter({ write: pipe.write, onBack: (lost) => writer.write(`lost ${lost}`) });
  writer.write("first");
  for (let line = 0; line < 16; line++) writer.write("x".repeat(64 * 1024));
  for (const line of ["second", "third"]) writer.write(line);
  assertEquals(writer.lost, 2);
  pipe.read();
  await writer.settled();
  assertEquals([pipe.text.trimEnd().split("\n").at(-1), writer.lost], ["lost 2", 2]);
});

Deno.test("a pipe that is closed loses lines and throws nothing, and a cut line does not spoil the next", async () => {
  const steps = [
    () => Promise.resolve(2),
    () => Promise.reject(new Deno.errors.BrokenPipe()),
    (bytes: Uint8Array) => Promise.resolve(bytes.length),
  ];
  const written: string[] = [];
  const writer = createLineWriter({
    write: async (bytes) => {
      const count = await (steps.shift() ?? ((all) => Promise.resolve(all.length)))(bytes);
      written.push(new TextDecoder().decode(bytes.subarray(0, count)));
      return count;
    },
  });
  writer.write("first");
  await writer.settled();
  writer.write("second");
  await writer.settled();
  assertEquals([written.join(""), writer.lost], ["fi\nsecond\n", 1]);
});

Deno.test("a non-blocking pipe that is full is tried again", async () => {
  let refusals = 2;
  let text = "";
  const writer = createLineWriter({
    write: (bytes) => {
      if (refusals-- > 0) return Promise.reject(new Deno.errors.WouldBlock());
      text += new TextDecoder().decode(bytes);
      return Promise.resolve(bytes.length);
    },
  });
  writer.write("line");
  await writer.settled();
  assertEquals([text, writer.lost], ["line\n", 0]);
});
