import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { WaysBack } from "../../../src/session/ways_back.ts";

const ADA = { source: "pi", user: "ada", address: "10.0.0.1" };

function openWay(ways = new WaysBack<string>()) {
  const way = ways.open(ADA);
  way.target = "the session of ada";
  return { ways, way, token: way.renewToken() };
}

Deno.test("a token leads to its session until the viewer has the next one", () => {
  const { ways, way, token } = openWay();
  assertMatch(token, /^[\w-]{43}$/);
  assertEquals(ways.take(token, ADA)?.target, "the session of ada");
  const lost = way.renewToken();
  assertEquals(ways.take(token, ADA)?.target, "the session of ada");
  const next = way.renewToken();
  assertEquals(ways.take(lost, ADA), undefined);
  way.confirmToken();
  assertEquals(ways.take(token, ADA), undefined);
  assert(ways.take(next, ADA));
});

Deno.test("a viewer that used the next token has it", () => {
  const { ways, way, token } = openWay();
  ways.take(token, ADA);
  const next = way.renewToken();
  assert(ways.take(next, ADA));
  way.renewToken();
  assertEquals(ways.take(token, ADA), undefined);
});

Deno.test("a new token makes one void that was never used", () => {
  const { ways, way, token } = openWay();
  const next = way.renewToken();
  assertNotEquals(next, token);
  assertEquals(ways.take(token, ADA), undefined);
  assert(ways.take(next, ADA));
});

Deno.test("a token of another source or another user is as good as none, and its owner can still use it", () => {
  const { ways, token } = openWay();
  assertEquals(ways.take(token, { source: "desk", user: "ada" }), undefined);
  assertEquals(ways.take(token, { source: "pi", user: "bob" }), undefined);
  assert(ways.take(token, ADA));
});

Deno.test("a closed way has no token", () => {
  const { ways, way, token } = openWay();
  ways.take(token, ADA);
  const next = way.renewToken();
  way.close();
  way.close();
  for (const each of [token, next, way.renewToken()]) assertEquals(ways.take(each, ADA), undefined);
});

Deno.test("WaysBack counts the ways of a user at an address, and follows the viewer", () => {
  const { ways, way } = openWay();
  const other = openWay(ways).way;
  const away = { ...ADA, address: "10.9.9.9" };
  assertEquals([ways.count(ADA), ways.count({ ...ADA, user: "bob" })], [2, 0]);
  way.moveTo(away.address);
  assertEquals([ways.count(ADA), ways.count(away)], [1, 1]);
  for (const each of [way, way, other]) each.close();
  assertEquals([ways.count(ADA), ways.count(away)], [0, 0]);
});

Deno.test("WaysBack keeps no token, only hashes", () => {
  const { ways, way, token } = openWay();
  assert(!Deno.inspect([ways, way], { depth: 9, showHidden: true, getters: true }).includes(token));
});
