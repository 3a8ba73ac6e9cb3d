/** A stranger tries to lock others out, or to find out who has an account. */
import { assert, assertEquals } from "@std/assert";

import { openFileStores } from "../../src/store/file_stores.ts";
import { SOME_HASH } from "../fakes/callers.ts";
import { FormBrowser } from "../fakes/form_browser.ts";
import { startGateway } from "../fakes/gateway.ts";
import { hashCheaply } from "../fakes/hash_cheaply.ts";

const PASSWORD = "correct horse";
const HASH = await hashCheaply(PASSWORD);
const YAML = `auth: { users: { ada: { password: "${HASH}" }, bob: { password: "${SOME_HASH}" } } }
gateway: { trusted_proxies: [127.0.0.1] }
limits: { sign_ins_per_minute: 10000 }
sources: { pi: 127.0.0.1:1 }
`;
/** A clock that stands still, so that no wait is over however slow the machine is. */
const NOW = Date.now();
const now = () => NOW;

Deno.test("seven wrong passwords lock the stranger's address, or /64, and not the account", async () => {
  await using rig = await startGateway(YAML, { now });
  for (
    const [stranger, neighbour, owner] of [
      ["10.0.0.1", "10.0.0.1", "10.0.0.2"],
      ["2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"],
    ] as const
  ) {
    const statuses: number[] = [];
    for (let wrong = 0; wrong < 7; wrong++) statuses.push(await new FormBrowser(rig, stranger).signIn("ada", "x"));
    assertEquals(statuses, [401, 401, 401, 401, 401, 429, 429]);
    assertEquals(await new FormBrowser(rig, neighbour).signIn("ada", PASSWORD), 429);
    assertEquals(await new FormBrowser(rig, owner).signIn("ada", PASSWORD), 303);
  }
});

Deno.test("with sixty addresses a stranger slows an account down, but not in a browser that it knows", async () => {
  const folder = await Deno.makeTempDir();
  try {
    let kept: FormBrowser;
    {
      await using rig = await startGateway(YAML, { now, stores: openFileStores({ folder, now }) });
      kept = new FormBrowser(rig, "10.0.0.1");
      assertEquals(await kept.signIn("ada", PASSWORD), 303);
      await kept.signOut();
    }
    // Known browsers survive a restart.
    await using rig = await startGateway(YAML, { now, stores: openFileStores({ folder, now }) });
    const counted: Record<number, number> = {};
    for (let at = 0; at < 60; at++) {
      const status = await new FormBrowser(rig, `10.1.0.${at}`).signIn("ada", "x");
      counted[status] = (counted[status] ?? 0) + 1;
    }
    assertEquals(counted, { 401: 50, 429: 10 });
    assertEquals(await new FormBrowser(rig, "10.0.0.7").signIn("ada", PASSWORD), 429);
    const owner = new FormBrowser(rig, "10.0.0.1");
    owner.copyCookies(kept);
    assertEquals(await owner.signIn("ada", PASSWORD), 303);
    // The cookie is new after each sign-in, and the old one is no longer of use.
    const thief = new FormBrowser(rig, "10.0.0.8");
    thief.copyCookies(kept);
    assertEquals(await thief.signIn("ada", PASSWORD), 429);
    await owner.signOut();
    assertEquals(await owner.signIn("ada", PASSWORD), 303);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("whoever ends the sign-in of a lost device ends its privilege, and so does a new password", async () => {
  await using rig = await startGateway(YAML, { now });
  const [lost, own] = [new FormBrowser(rig, "10.0.0.1"), new FormBrowser(rig, "10.0.0.2")];
  assertEquals([await lost.signIn("ada", PASSWORD), await own.signIn("ada", PASSWORD)], [303, 303]);
  const { body } = await own.get("/account");
  const id = /value="([^"]+)"><button[^>]*from 10\.0\.0\.1"/.exec(body)?.[1] ?? "";
  assertEquals((await own.post("/account/end", { id })).status, 303);
  for (let at = 0; at < 50; at++) await new FormBrowser(rig, `10.1.0.${at}`).signIn("ada", "x");
  assertEquals([await lost.signIn("ada", PASSWORD), await own.signIn("ada", PASSWORD)], [429, 303]);
  const { auth } = rig.live.current;
  assert(auth.mode === "methods");
  const changed = new Map([...auth.users, ["ada", { ...auth.users.get("ada")!, passwordHash: SOME_HASH }]]);
  rig.live.current = { ...rig.live.current, auth: { ...auth, users: changed } };
  assertEquals(await own.signIn("ada", "guess"), 429);
});

Deno.test("names that exist and names that do not are refused with the same words, in the same order", async () => {
  await using rig = await startGateway(YAML, { now });
  const seen: string[] = [];
  for (const name of ["bob", "nobody"]) {
    const lines: string[] = [];
    for (let at = 0; at < 8; at++) {
      const { status, body, headers } = await new FormBrowser(rig, "10.0.0.3").post("/sign-in", {
        name,
        password: "x",
      });
      const message = /role="alert">([^<]*)</.exec(body)?.[1];
      lines.push(`${status} ${message} ${headers.get("retry-after")} ${headers.get("set-cookie")}`);
    }
    seen.push(lines.join("\n"));
  }
  assertEquals(seen[0], seen[1]);
});
