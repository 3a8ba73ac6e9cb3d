import { assertEquals, assertRejects } from "@std/assert";
import { askSecret, NoSecret, type Terminal } from "../../../src/access/ask_secret.ts";

/** A terminal at which these texts are typed, one for each read. */
function fakeTerminal(isTerminal: boolean, ...typed: string[]) {
  const shown: string[] = [];
  const raws: boolean[] = [];
  const terminal: Terminal = {
    isTerminal: () => isTerminal,
    setRaw: (raw) => raws.push(raw),
    read: (buffer) => {
      const text = typed.shift();
      return Promise.resolve(text === undefined ? null : new TextEncoder().encodeInto(text, buffer).written);
    },
    write: (text) => shown.push(text),
  };
  return { terminal, shown, raws };
}

Deno.test("askSecret() asks twice at a terminal, does not echo, and restores the terminal", async () => {
  const { terminal, shown, raws } = fakeTerminal(true, "s", "ecrxé\x7f\x7fet\r", "secret\r");
  assertEquals(await askSecret("Password: ", terminal), "secret");
  assertEquals(shown, ["Password: ", "\n", "Again: ", "\n"]);
  assertEquals(raws, [true, false, true, false]);
});

Deno.test("askSecret() reads the first line of a pipe", async () => {
  assertEquals(await askSecret("?", fakeTerminal(false, "from a pi", "pe\nmore\n").terminal), "from a pipe");
  assertEquals(await askSecret("?", fakeTerminal(false, "no line end").terminal), "no line end");
});

Deno.test("askSecret() refuses an empty secret and two different ones, and can be cancelled", async () => {
  for (const typed of [["\r"], ["a\r", "b\r"], ["abc\x03"], ["\x04"]]) {
    const { terminal, raws } = fakeTerminal(true, ...typed);
    await assertRejects(() => askSecret("?", terminal), NoSecret);
    assertEquals(raws.at(-1), false);
  }
  await assertRejects(() => askSecret("?", fakeTerminal(false).terminal), NoSecret);
});
