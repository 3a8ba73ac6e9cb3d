import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Browser } from "../fakes/browser.ts";
import { startProvider, startSignOnGateway } from "../fakes/oidc_rig.ts";

Deno.test("people sign in at a real provider", async (t) => {
  await using provider = await startProvider();

  await t.step("and come back to the page that they came from, with their name and groups", async () => {
    await using gateway = await startSignOnGateway(provider, { oidc: "groups: { vnc-admins: admins }" });
    const browser = new Browser();
    const asked = await browser.visit(`${gateway.origin}/site/vnc/locked?x=1`);
    assertEquals(asked.status, 401);
    const [, href = ""] = /href="([^"]*sign-in\/oidc[^"]*)"/.exec(asked.text) ?? [];
    assertMatch(asked.text, /Sign in with the office/);
    const back = await browser.visit(new URL(href, gateway.origin));
    assertEquals([back.status, back.url.pathname + back.url.search], [200, "/site/vnc/locked?x=1"]);
    const board = await browser.visit(gateway.origin);
    assertStringIncludes(board.text, "Signed in as ada");
    assertStringIncludes(board.text, "For admins");
  });
});
