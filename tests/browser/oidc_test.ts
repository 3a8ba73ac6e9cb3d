import { assert, assertEquals, assertMatch } from "@std/assert";
import axe from "axe-core";
import { readStaticFiles } from "../../src/web/static_files.ts";
import { startProvider, startSignOnGateway } from "../fakes/oidc_rig.ts";
import { testWith } from "../live/programs.ts";
import { CHROMIUM, Chromium, keepPicture } from "./chromium.ts";

testWith(
  [CHROMIUM],
  "a browser signs in at a provider of another site, comes back, and signs out of both",
  async () => {
    await using provider = await startProvider();
    await using gateway = await startSignOnGateway(provider, {
      staticFiles: await readStaticFiles(new URL("../../static/", import.meta.url)),
    });
    // Another site than the provider's, so that SameSite applies.
    const own = gateway.origin.replace("127.0.0.1", "localhost");
    await provider.control({
      account: { sub: "1815", preferred_username: "ada", groups: ["admins"] },
      redirectUris: [`${own}/sign-in/oidc/callback`],
      signOutUris: [`${own}/sign-in`],
    });
    await using browser = await Chromium.start();
    const page = await browser.openPage();

    await page.goto(`${own}/?from=here`);
    await keepPicture(page, "sign-in-oidc");
    await page.evaluate(axe.source);
    const faults = await page.evaluate(async () => {
      const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
      return violations.map(({ id }) => id);
    });
    assertEquals(faults, []);
    await page.getByText("Sign in with the office").click();
    await page.waitForURL(`${own}/?from=here`);
    assertMatch(await page.innerText("body"), /Signed in as ada[^]*For admins/);

    await page.goto(`${own}/account`);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL((url) => url.origin === provider.issuer);
    assertMatch(page.url(), /\/session\/end\?.*id_token_hint=/);
    await page.goto(own);
    assert(await page.getByText("Sign in with the office").isVisible());
    assertEquals(browser.complaints, []);
  },
);
