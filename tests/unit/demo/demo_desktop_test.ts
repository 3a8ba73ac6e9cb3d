import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { DemoDesktop } from "../../../src/demo/demo_desktop.ts";
import type { Rect } from "../../../src/demo/rect.ts";

/** A viewer that records what it is told. */
function watch(desktop: DemoDesktop) {
  const told = { damage: [] as Rect[], cuts: [] as string[], sizes: 0, leave: () => {} };
  told.leave = desktop.join({
    damaged: (area) => told.damage.push(area),
    moved: (_, to) => told.damage.push(to),
    resized: () => told.sizes++,
    cut: (text) => told.cuts.push(text),
  });
  return told;
}

const pixelsOf = (desktop: DemoDesktop) =>
  desktop.readPixels({ x: 0, y: 0, width: desktop.width, height: desktop.height });

Deno.test("DemoDesktop moves while it has a viewer and has no timer afterwards", async () => {
  const desktop = new DemoDesktop({ tickMs: 1 });
  const moved = Promise.withResolvers<void>();
  const leave = desktop.join({ damaged() {}, moved: () => moved.resolve(), resized() {}, cut() {} });
  const second = watch(desktop);
  await moved.promise;
  leave();
  second.leave();
});

Deno.test("DemoDesktop shows typed text, and Backspace deletes it", () => {
  const desktop = new DemoDesktop({ tickMs: 0 });
  const empty = pixelsOf(desktop);
  desktop.key(true, 0x41);
  desktop.key(false, 0x41);
  const typed = pixelsOf(desktop);
  assertNotEquals(typed, empty);
  desktop.key(true, 0xffe1);
  assertEquals(pixelsOf(desktop), typed);
  desktop.key(true, 0xff0d);
  desktop.key(true, 0xff08);
  desktop.key(true, 0xff08);
  assertEquals(pixelsOf(desktop), empty);
});

Deno.test("DemoDesktop reports damage that covers every changed pixel", () => {
  let time = 0;
  const desktop = new DemoDesktop({ width: 600, height: 450, tickMs: 0, now: () => new Date(time) });
  const told = watch(desktop);
  for (let i = 0; i < 60; i++) {
    const before = pixelsOf(desktop);
    told.damage.length = 0;
    time += 300;
    desktop.step();
    if (i % 3 === 0) desktop.pointer(i * 10, 200, i & 1);
    const after = pixelsOf(desktop);
    for (let at = 0; at < after.length; at++) {
      if (after[at] === before[at]) continue;
      const x = at % 600;
      const y = Math.floor(at / 600);
      assert(told.damage.some((rect) => isInside(rect, x, y)), `step ${i}: ${x},${y} changed untold`);
    }
  }
});

Deno.test("DemoDesktop accepts every size from one pixel up, and refuses zero and too many", () => {
  const desktop = new DemoDesktop({ tickMs: 0 });
  const told = watch(desktop);
  for (const [width, height] of [[1, 1], [3000, 1], [1, 3000], [80, 60], [512, 384], [3840, 2160]] as const) {
    assert(desktop.resize(width, height));
    desktop.step();
    desktop.pointer(65535, 65535, 1);
    assertEquals([desktop.width, desktop.height], [width, height]);
  }
  assertEquals([desktop.resize(0, 5), desktop.resize(65535, 65535), desktop.resize(3840, 2160)], [false, false, true]);
  assertEquals(told.sizes, 6);
});

Deno.test("DemoDesktop gives cut text to every viewer", () => {
  const desktop = new DemoDesktop({ tickMs: 0 });
  const viewers = [watch(desktop), watch(desktop)];
  desktop.cut("one\r\ntwo");
  assertEquals(viewers.map(({ cuts }) => cuts), [["one\r\ntwo"], ["one\r\ntwo"]]);
});

function isInside(rect: Rect, x: number, y: number): boolean {
  return x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height;
}
