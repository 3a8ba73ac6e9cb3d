import { assertLessOrEqual, assertRejects } from "@std/assert";
import { createConnectLimit } from "../../../src/access/connect_limit.ts";
import { PortholeError } from "../../../src/errors.ts";

Deno.test("a limit forgets the oldest of more than 20,000 keys, and no other", async () => {
  const limit = createConnectLimit({ perMinute: () => 1 });
  try {
    await limit.take("first");
    await limit.take("second");
    for (let key = 0; key < 19_999; key++) await limit.take(`key ${key}`);
    await limit.take("first");
    await assertRejects(() => limit.take("key 19998"), PortholeError, "Too many connections");
  } finally {
    limit.close();
  }
});

Deno.test("a clock that is set back does not make a limit last longer than its minute", async () => {
  const limit = createConnectLimit({ perMinute: () => 1 });
  const { now } = Date;
  try {
    await limit.take("ada");
    Date.now = () => 0;
    const { retryAfterMs } = await assertRejects(() => limit.take("ada"), PortholeError);
    assertLessOrEqual(retryAfterMs!, 60_000);
  } finally {
    Date.now = now;
    limit.close();
  }
});
