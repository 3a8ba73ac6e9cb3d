import { assert, assertEquals } from "@std/assert";
import { Descriptors } from "../../../src/valve/descriptors.ts";

/** The descriptor table of a process with a limit; `taken` are those of others. */
class Table {
  readonly taken = new Set<number>();
  readonly own = new Set<number>();

  constructor(readonly limit: number, taken: number) {
    this.take(taken);
  }

  /** Others take so many more, as accept() does. */
  take(count: number): void {
    for (; count > 0; count--) this.taken.add(this.#lowest());
  }

  open = (): number => {
    const lowest = this.#lowest();
    this.own.add(lowest);
    return lowest;
  };

  close = (descriptor: number): void => void assert(this.own.delete(descriptor));

  #lowest(): number {
    for (let number = 0; number < this.limit; number++) {
      if (!this.taken.has(number) && !this.own.has(number)) return number;
    }
    throw Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE" });
  }
}

function openTable(limit: number, taken: number, atLeast = 400) {
  const table = new Table(limit, taken);
  return { table, descriptors: new Descriptors({ atLeast, open: table.open, close: table.close }) };
}

Deno.test("Descriptors finds the limit where it is lower than asked, and says so", () => {
  assertEquals(openTable(256, 20).descriptors.limit, { count: 256, isExact: true });
  assertEquals(openTable(10_000, 20).descriptors.limit, { count: 420, isExact: false });
});

Deno.test("Descriptors counts what others have, and keeps sixteen for the process", () => {
  const { table, descriptors } = openTable(256, 20);
  assertEquals([descriptors.used, table.own.size], [20, 16]);
  table.take(100);
  descriptors.look();
  assertEquals([descriptors.used, table.own.size], [120, 16]);
  table.take(256 - 120 - 16);
  descriptors.look();
  assertEquals([descriptors.used, table.own.size], [240, 16]);
});

Deno.test("Descriptors are counted in spite of the holes that the listener and the reserve leave", () => {
  const { table, descriptors } = openTable(256, 20);
  table.take(220);
  table.taken.delete(7);
  descriptors.release();
  descriptors.look();
  assertEquals(descriptors.used, 239);
});

Deno.test("Descriptors.release() leaves the reserve to others, and hasRoom() says when a listener can start", () => {
  const { table, descriptors } = openTable(100, 20);
  table.take(64);
  descriptors.release();
  assertEquals([table.own.size, descriptors.hasRoom()], [0, false]);
  for (let number = 50; number < 82; number++) table.taken.delete(number);
  assertEquals([descriptors.hasRoom(), table.own.size], [true, 0]);
});

Deno.test("Descriptors looks for a higher limit before it is reached", () => {
  const { table, descriptors } = openTable(1_000, 20);
  assertEquals(descriptors.limit.isExact, false);
  table.take(500);
  descriptors.look();
  assertEquals(descriptors.limit, { count: 1_000, isExact: true });
});

Deno.test("Descriptors are the real ones of this process", async () => {
  using descriptors = new Descriptors({ atLeast: 4_096 });
  const before = descriptors.used;
  const files = await Promise.all(Array.from({ length: 100 }, () => Deno.open("/dev/null")));
  descriptors.look();
  assert(
    descriptors.used >= before + 90 && descriptors.used < descriptors.limit.count,
    `${before} ${descriptors.used}`,
  );
  for (const file of files) file.close();
});

Deno.test("Descriptors that cannot be counted any more are no reason to act, and leave nothing open", () => {
  const { table, descriptors } = openTable(100, 60);
  const { open } = table;
  let opened = 0;
  const failing = new Descriptors({
    atLeast: 10,
    open: () => {
      if (opened++ > 70) throw new Error("No such file");
      return open();
    },
    close: table.close,
  });
  descriptors.release();
  failing.look();
  failing.look();
  assertEquals([failing.used, failing.hasRoom(), table.own.size], [0, true, 0]);
});
