/** On a disk that cannot be written, nothing is answered as done that a restart would undo. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type DurableGateway, type MadeLink, makeDurablePlace } from "../fakes/durable_gateway.ts";
import { waitUntil } from "../fakes/wait_until.ts";

async function readReady({ ask }: DurableGateway) {
  const { status, body } = await ask("GET", "/readyz");
  return { status, ...JSON.parse(body) as { saved: boolean; problems: string[] } };
}

Deno.test("a link revoked on a full disk is not answered as done, and does not come back after a restart", async () => {
  await using place = await makeDurablePlace();
  const gateway = await place.start();
  const [revoked, kept] = [(await gateway.makeLink())!, (await gateway.makeLink())!];
  assert(await gateway.opens(revoked.secret));

  await place.block();
  await assertRefusedHonestly(gateway, revoked);
  await assertShown(gateway);

  await place.unblock();
  // The audit log has its own rhythm: every problem is gone in the end.
  await waitUntil(async () => (await readReady(gateway)).problems.length === 0);
  assertEquals([(await readReady(gateway)).saved, await gateway.revoke(revoked.id)], [true, 404]);
  gateway.process.signal("SIGKILL");
  await gateway.process.ended;
  const again = await place.start();
  assertEquals([await again.opens(revoked.secret), await again.opens(kept.secret)], [false, true]);
});

/** The link is revoked in memory, but not as done, however often that is asked; and no link is made. */
async function assertRefusedHonestly({ ask, opens, makeLink, revoke }: DurableGateway, { id, secret }: MadeLink) {
  const { status, headers, body } = await ask("DELETE", `/api/sources/demo/links/${id}`);
  assertEquals([status, headers.get("content-type")], [503, "application/problem+json"]);
  assertEquals(JSON.parse(body).code, "not_stored");
  assertMatch(
    JSON.parse(body).detail,
    /^The share link is revoked\. This could not be saved: the gateway's data folder /,
  );
  assertEquals([await opens(secret), await revoke(id), await makeLink()], [false, 503, undefined]);
  const { body: links } = await ask("GET", "/api/sources/demo/links");
  assertEquals(JSON.parse(links).length, 1);
}

/** Operators see it everywhere; new sessions are welcome all the same. */
async function assertShown(gateway: DurableGateway) {
  const { status, saved, problems } = await readReady(gateway);
  assertEquals([status, saved, problems.length > 0], [200, false, true]);
  assertMatch(problems[0]!, /^share-links\.json cannot be saved: the gateway's data folder is not a folder\. /);
  const metrics = (await gateway.ask("GET", "/metrics")).body;
  assert(Number(/^porthole_unsaved_changes (\d+)$/m.exec(metrics)?.[1]) > 0);
  assertStringIncludes(gateway.process.said("stderr"), "ERROR share-links.json cannot be saved");
}
