import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { PortholeError } from "../../../src/errors.ts";
import { createUpFilter } from "../../../src/rfb/up_filter.ts";
import { damageBytes, FOREIGN } from "../../fakes/foreign.ts";
import * as client from "./client_bytes.ts";
import { concat, cut, run, startsWith } from "./cuts.ts";
import { judgeAll } from "./up_oracle.ts";

const LIMIT = { cutTextLimitBytes: () => 1024 ** 2 };
const policies = fc.record({ viewOnly: fc.boolean(), clipboardIn: fc.boolean(), clipboardOut: fc.boolean() })
  .map((policy) => ({ ...policy, ...LIMIT }));
const payload = fc.array(fc.nat(255), { maxLength: 40 });
const flags = fc.oneof(
  fc.constantFrom(...Object.values(client.CLIPBOARD)),
  fc.tuple(fc.nat(255), fc.nat(0xffff)).map(([action, formats]) => action << 24 | formats),
);
const encoding = fc.oneof(
  fc.constantFrom(-316, -305, -257, -309, -258, -259, 0xc0a1e5ce | 0, 7, 16, 0),
  fc.integer(),
);
const message = fc.oneof(
  fc.constantFrom(
    client.setPixelFormat(),
    client.updateRequest(),
    client.keyEvent(),
    client.continuousUpdates(),
    client.xvp(),
    client.qemuKey(),
    client.qemuAudio(0),
    client.qemuAudio(2),
  ),
  fc.array(encoding, { maxLength: 30 }).map(client.setEncodings),
  fc.nat(255).map(client.pointerEvent),
  payload.map(client.cutText),
  payload.map(client.fence),
  fc.nat(3).map(client.setDesktopSize),
  fc.tuple(payload, fc.boolean()).map(([bytes, isBig]) => client.gii(bytes, isBig)),
  fc.tuple(flags, payload).map(([bits, bytes]) => client.extendedCutText(bits, bytes)),
);
const lengths = fc.array(fc.oneof(fc.nat(4), fc.nat(100)), { minLength: 1, maxLength: 8 });
/** Message types, with known ones far more often than by chance. */
const noise = fc.array(fc.oneof(fc.constantFrom(0, 2, 3, 4, 5, 6, 150, 248, 251, 253, 255), fc.nat(255)), {
  maxLength: 200,
});

Deno.test("createUpFilter() agrees with the slow oracle, for any messages cut anywhere", () => {
  fc.assert(
    fc.property(policies, fc.array(message, { maxLength: 20 }), lengths, (policy, messages, chunking) => {
      const bytes = concat(messages);
      const expected = judgeAll(bytes, policy);
      const up = createUpFilter(policy);
      const { out, thrown } = run((chunk) => up.push(chunk), cut(bytes, chunking));
      assertEquals(thrown, undefined);
      assert(!expected.isMalformed);
      assertEquals(out, Uint8Array.from(expected.passed));
    }),
    FOREIGN,
  );
});

Deno.test("createUpFilter() agrees with the slow oracle on noise, up to the point where that ends the session", () => {
  const mixed = foreign(3);
  fc.assert(
    fc.property(policies, mixed, lengths, (policy, bytes, chunking) => {
      const expected = judgeAll(bytes, policy);
      const up = createUpFilter(policy);
      const { out, thrown } = run((chunk) => up.push(chunk), cut(bytes, chunking));
      assertEquals(thrown instanceof PortholeError, expected.isMalformed);
      const passed = Uint8Array.from(expected.passed);
      // What came in the same chunk before the violation is not passed on.
      assert(expected.isMalformed ? startsWith(passed, out) : passed.length === out.length && startsWith(passed, out));
    }),
    FOREIGN,
  );
});

Deno.test("createUpFilter() passes nothing in view-only that a source would read as input, whatever is sent", () => {
  const policy = { viewOnly: true, clipboardIn: true, clipboardOut: true, ...LIMIT };
  const mixed = foreign(6);
  fc.assert(
    fc.property(mixed, lengths, (bytes, chunking) => {
      const up = createUpFilter(policy);
      for (const type of readAsSource(run((chunk) => up.push(chunk), cut(bytes, chunking)).out)) {
        assert([0, 2, 3, 150, 248].includes(type), `type ${type} passed`);
      }
    }),
    FOREIGN,
  );
});

/** Messages followed by noise, or damaged. */
function foreign(most: number): fc.Arbitrary<Uint8Array> {
  const messages = fc.array(message, { maxLength: most }).map(concat);
  return fc.oneof(fc.tuple(messages, noise).map(concat), damageBytes(messages));
}

/** The types that a source reads, with the lengths of RFC 6143; an unknown one ends it there as any server would. */
function readAsSource(bytes: Uint8Array): number[] {
  const types: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const type = bytes[at]!;
    types.push(type);
    if (type === 0) at += 20;
    else if (type === 2) at += 4 + 4 * (bytes[at + 2]! << 8 | bytes[at + 3]!);
    else if (type === 3 || type === 150) at += 10;
    else if (type === 248) at += 9 + bytes[at + 8]!;
    else break;
    assert(at <= bytes.length, "half a message passed");
  }
  return types;
}
