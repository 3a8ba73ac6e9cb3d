import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { FairShares, type Shared } from "../../src/fair_shares.ts";

/** Takes as many as it gets. */
function takeAll(shares: FairShares, owner: string): (() => void)[] {
  const taken = [];
  for (let give; (give = shares.take(owner));) taken.push(give);
  return taken;
}

const someShared: fc.Arbitrary<Shared> = fc.record({
  max: fc.integer({ min: 2, max: 600 }),
  portion: fc.constantFrom(1, 1 / 2, 1 / 8),
});

Deno.test("FairShares gives a greedy owner at most the portion of what it leaves, and one more", () => {
  fc.assert(fc.property(someShared, ({ max, portion }) => {
    const taken = takeAll(new FairShares({ max, portion }), "ada").length;
    assert(taken > 0 && taken < max && taken - 1 < (max - taken + 1) * portion);
  }));
});

Deno.test("FairShares never gives more than there are, and one to an owner who has none while there is one", () => {
  fc.assert(fc.property(someShared, fc.array(fc.nat(99), { maxLength: 900 }), ({ max, portion }, owners) => {
    const shares = new FairShares({ max, portion });
    const taken = owners.filter((owner) => shares.take(`owner ${owner}`)).length;
    assert(taken <= max);
    assertEquals(shares.take("newcomer") !== undefined, taken < max);
  }));
});

Deno.test("FairShares leaves something to the 21st when 20 owners take an eighth of what is free, one after another", () => {
  const shares = new FairShares({ max: 512, portion: 1 / 8 });
  for (let owner = 0; owner < 20; owner++) takeAll(shares, `owner ${owner}`);
  assert(takeAll(shares, "newcomer").length >= 4);
});

Deno.test("FairShares has what was given back once, for others and for the same owner", () => {
  const shares = new FairShares({ max: 4, portion: 1 });
  const [first, second] = takeAll(shares, "ada");
  first!();
  first!();
  assertEquals(takeAll(shares, "ada").length, 1);
  second!();
  assertEquals(takeAll(shares, "ada").length, 1);
});
