import { assert, assertEquals, assertThrows } from "@std/assert";
import { AesEax, TAG_BYTES } from "../../../src/rfb/aes_eax.ts";
import { LoginRefused } from "../../../src/rfb/refusal.ts";
import { MessageOpener, MessageSealer } from "../../../src/rfb/sealed_messages.ts";

/** Message, key, nonce, header, result: from appendix G of Bellare, Rogaway, Wagner, "The EAX Mode of Operation". */
const published = [
  [
    "",
    "233952DEE4D5ED5F9B9C6D6FF80FF478",
    "62EC67F9C3A4A407FCB2A8C49031A8B3",
    "6BFB914FD07EAE6B",
    "E037830E8389F27B025A2D6527E79D01",
  ],
  [
    "F7FB",
    "91945D3F4DCBEE0BF45EF52255F095A4",
    "BECAF043B0A23D843194BA972C66DEBD",
    "FA3BFD4806EB53FA",
    "19DD5C4C9331049D0BDAB0277408F67967E5",
  ],
  [
    "1A47CB4933",
    "01F74AD64077F2E704C0F60ADA3DD523",
    "70C3DB4F0D26368400A10ED05D2BFF5E",
    "234A3463C1264AC6",
    "D851D5BAE03A59F238A23E39199DC9266626C40F80",
  ],
  [
    "CA40D7446E545FFAED3BD12A740A659FFBBB3CEAB7",
    "8395FCF1E95BEBD697BD010BC766AAC3",
    "22E7ADD93CFC6393C57EC0B3C17D6B44",
    "126735FCC320D25A",
    "CB8920F87A6C75CFF39627B56E3ED197C552D295A7CFC46AFC253B4652B1AF3795B124AB6E",
  ],
].map((row) => row.map((hex) => Uint8Array.fromHex(hex)));

Deno.test("AesEax returns the published results, also when one key is reused", () => {
  for (const [message, key, nonce, header, expected] of published) {
    const eax = new AesEax(key!);
    for (let round = 0; round < 3; round++) {
      const sealed = new Uint8Array(message!.length + TAG_BYTES);
      eax.seal(nonce!, header!, message!, sealed);
      assertEquals(sealed, expected);
      const opened = new Uint8Array(message!.length);
      assert(eax.open(nonce!, header!, sealed, opened));
      assertEquals(opened, message);
    }
    eax.close();
  }
});

Deno.test("AesEax detects every changed bit of nonce, header, ciphertext and tag", () => {
  const [message, key, nonce, header, sealed] = published[1]!;
  const eax = new AesEax(key!);
  for (const part of [nonce!, header!, sealed!]) {
    for (let bit = 0; bit < part.length * 8; bit++) {
      part[bit >> 3]! ^= 1 << (bit & 7);
      assert(!eax.open(nonce!, header!, sealed!, new Uint8Array(message!.length)), `bit ${bit}`);
      part[bit >> 3]! ^= 1 << (bit & 7);
    }
  }
  assert(eax.open(nonce!, header!, sealed!, new Uint8Array(message!.length)));
  eax.close();
});

for (const keyBytes of [16, 32]) {
  Deno.test(`MessageOpener opens what MessageSealer sealed with a key of ${keyBytes} bytes, cut anywhere`, () => {
    const key = crypto.getRandomValues(new Uint8Array(keyBytes));
    const plain = Uint8Array.from({ length: 40_195 }, (_, at) => at * 7);
    const [sealer, opener] = [new MessageSealer(key), new MessageOpener(key)];
    const wire = [1, 15, 16, 17, 8191, 8192, 8193, 15_570].map((size, at, sizes) => {
      const from = sizes.slice(0, at).reduce((sum, other) => sum + other, 0);
      return sealer.seal(plain.subarray(from, from + size));
    }).flatMap((message) => [...message]);
    const got: number[] = [];
    let pending = new Uint8Array();
    for (let at = 0; at < wire.length; at += 977) {
      pending = Uint8Array.from([...pending, ...wire.slice(at, at + 977)]);
      const { opened, used } = opener.openAll(pending);
      got.push(...opened);
      pending = pending.slice(used);
    }
    assertEquals(pending.length, 0);
    assertEquals(Uint8Array.from(got), plain.subarray(0, got.length));
    assertEquals(got.length, [1, 15, 16, 17, 8191, 8192, 8193, 15_570].reduce((sum, size) => sum + size, 0));
    for (const end of [sealer, opener]) end.close();
  });
}

Deno.test("MessageOpener refuses a message that comes twice", () => {
  const key = new Uint8Array(16).fill(9);
  const [sealer, opener] = [new MessageSealer(key), new MessageOpener(key)];
  const message = sealer.seal(Uint8Array.of(1, 2, 3));
  opener.openAll(message);
  assertThrows(() => opener.openAll(message), LoginRefused, "cannot be decrypted");
  for (const end of [sealer, opener]) end.close();
});

Deno.test("the nonce is a little-endian count of messages, also beyond 256 and 65536", () => {
  const key = new Uint8Array(16).fill(7);
  const [sealer, eax] = [new MessageSealer(key), new AesEax(key)];
  for (let count = 0; count < 65_540; count++) {
    const message = sealer.seal(Uint8Array.of(42));
    if (count % 255 > 2 && count < 65_530) continue;
    const nonce = new Uint8Array(16);
    new DataView(nonce.buffer).setUint32(0, count, true);
    assert(eax.open(nonce, message.subarray(0, 2), message.subarray(2), new Uint8Array(1)), `message ${count}`);
  }
  for (const end of [sealer, eax]) end.close();
});
