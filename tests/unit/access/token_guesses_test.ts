import { assertEquals } from "@std/assert";
import { createConnectLimit } from "../../../src/access/connect_limit.ts";
import { TokenGuesses } from "../../../src/access/token_guesses.ts";
import { PortholeError } from "../../../src/errors.ts";

function makeRig() {
  const limit = createConnectLimit({ perMinute: () => 3, what: "wrong tokens" });
  const guesses = new TokenGuesses(limit);
  const ask = async (hash: string, address = "10.0.0.1") => {
    try {
      await guesses.admit(hash, address);
      return "ok";
    } catch (refusal) {
      return refusal instanceof PortholeError ? refusal.code : String(refusal);
    }
  };
  return { ask, guesses, [Symbol.dispose]: () => limit.close() };
}

Deno.test("an address may try a few different tokens a minute, also at once, and the rest are not even checked", async () => {
  using rig = makeRig();
  const tried = await Promise.all(Array.from({ length: 20 }, (_, at) => rig.ask(`hash ${at >> 1}`)));
  assertEquals(tried.filter((outcome) => outcome === "ok").length, 6, "each was sent twice");
  assertEquals(await rig.ask("hash of the right one"), "limit_reached");
  assertEquals(await rig.ask("hash of the right one", "10.0.0.2"), "ok");
});

Deno.test("a token that its address has sent before does not count, whatever others there try", async () => {
  using rig = makeRig();
  assertEquals(await rig.ask("program"), "ok");
  for (let guess = 0; guess < 20; guess++) await rig.ask(`guess ${guess}`);
  for (let again = 0; again < 20; again++) assertEquals(await rig.ask("program"), "ok");
});

Deno.test("addresses of one /64 network are one", async () => {
  using rig = makeRig();
  const tried: string[] = [];
  for (let at = 1; at <= 5; at++) tried.push(await rig.ask(`guess ${at}`, `2001:db8::${at}`));
  assertEquals(tried, ["ok", "ok", "ok", "limit_reached", "limit_reached"]);
});

Deno.test("right tokens do not count, and each is taken back once, however often it is sent", async () => {
  using rig = makeRig();
  const askRight = async (hash: string) => {
    const outcome = await rig.ask(hash);
    if (outcome === "ok") await rig.guesses.accept(hash, "10.0.0.1");
    return outcome;
  };
  for (let at = 0; at < 20; at++) {
    const both = await Promise.all([askRight(`program ${at}`), askRight(`program ${at}`)]);
    assertEquals(both, ["ok", "ok"], `program ${at}`);
  }
  const tried: string[] = [];
  for (let at = 0; at < 5; at++) tried.push(await rig.ask(`guess ${at}`));
  assertEquals(tried, ["ok", "ok", "ok", "limit_reached", "limit_reached"]);
});
