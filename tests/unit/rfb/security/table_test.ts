import { assert, assertEquals } from "@std/assert";
import type { SecurityList, SecurityType } from "../../../../src/rfb/security/security_type.ts";
import { findType, listSpoken, SECURITY_TYPES } from "../../../../src/rfb/security/table.ts";

const rows: readonly SecurityType[] = Object.values(SECURITY_TYPES);
const lists: readonly SecurityList[] = ["rfb", "vencrypt", "tight"];

Deno.test("each security type has a name of its own, and in each list a code of its own", () => {
  assertEquals(repeated(rows.map(({ name }) => name)), []);
  for (const list of lists) {
    const codes = rows.filter((row) => row.lists.includes(list)).map(({ code }) => code);
    assertEquals(repeated(codes), [], list);
  }
  for (const { lists, name } of rows) assert(lists.length > 0, name);
});

function repeated<Value>(values: readonly Value[]): Value[] {
  return values.filter((value, at) => values.indexOf(value) !== at);
}

Deno.test("the codes fit their lists: U8 in the Security message, and 256 up only inside VeNCrypt", () => {
  for (const { code, lists, name } of rows) {
    assert(Number.isInteger(code) && code > 0, name);
    assertEquals(lists.includes("rfb"), code < 256 && !lists.every((list) => list === "tight"), name);
  }
});

Deno.test("the gateway can speak every type that it prefers, and never chooses one that it cannot speak", () => {
  for (const list of lists) {
    const offered = rows.filter((row) => row.lists.includes(list));
    const spoken = offered.filter((row) => "speak" in row || "holds" in row);
    assertEquals(listSpoken(offered.map(({ code }) => code), list), spoken, list);
  }
  for (const row of rows) {
    if ("speak" in row) assertEquals(typeof row.speak, "function", row.name);
    else if ("holds" in row) assertEquals(typeof row.readInner, "function", row.name);
    else assert(!("needs" in row), row.name);
  }
});

Deno.test("the order of preference puts encrypted sessions before clear ones, VeNCrypt first and Tight last", () => {
  const inOrder = rows.flatMap((row) => "speak" in row ? [row] : []);
  const firstClear = inOrder.findIndex(({ encrypts }) => !encrypts);
  assert(inOrder.slice(firstClear).every(({ encrypts }) => !encrypts));
  const containers = rows.filter((row) => "holds" in row);
  const spoken = rows.filter((row) => "needs" in row);
  assertEquals([spoken[0], spoken.at(-1)], containers);
  for (const { holds } of containers) assert(listSpoken(rows.map(({ code }) => code), holds).length > 0, holds);
});

Deno.test("findType() reads a code in the list that offers it", () => {
  assertEquals(findType(129, "rfb")?.name, "RSA-AES-256");
  assertEquals(findType(129, "tight")?.name, "Unix login");
  assertEquals(findType(262, "vencrypt"), SECURITY_TYPES.x509Plain);
  assertEquals(findType(262, "rfb"), undefined);
  assertEquals(findType(19, "vencrypt"), undefined);
});

Deno.test("the types that browsers speak are those of the bundled noVNC", async () => {
  const novnc = await Deno.readTextFile(new URL(import.meta.resolve("@novnc/novnc")));
  const numbers = new Map(
    [...novnc.matchAll(/^const (securityType\w+)\s*=\s*(\d+);$/gm)].map(([, name, code]) => [name!, Number(code)]),
  );
  const outer = find(novnc, /const clientTypes = \[([^\]]+)\]/).split(",").map((name) => name.trim()).filter(Boolean);
  const inTight = find(novnc, /const clientSupportedTypes = \{([^}]+)\}/).matchAll(/:\s*(\d+)/g);
  assertEquals(
    listBrowserCodes("rfb", "vencrypt"),
    outer.map((name) => numbers.get(name)!).toSorted((one, other) => one - other),
  );
  assertEquals(listBrowserCodes("tight"), [...inTight].map(([, code]) => Number(code)));
});

function find(text: string, pattern: RegExp): string {
  const found = pattern.exec(text)?.[1];
  assert(found !== undefined, `noVNC has no ${pattern} any more`);
  return found;
}

function listBrowserCodes(...within: SecurityList[]): number[] {
  return rows.filter(({ watch, lists }) => watch && lists.some((list) => within.includes(list)))
    .map(({ code }) => code).toSorted((one, other) => one - other);
}
