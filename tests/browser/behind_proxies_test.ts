/** A browser behind real proxies, over TLS, that remove the path /vnc and tell nothing. */
import { assertEquals, assertMatch } from "@std/assert";
import { hashPassword } from "../../src/access/password.ts";
import { testWith } from "../live/programs.ts";
import { PROXIES, startBehind } from "../live/proxies.ts";
import { CHROMIUM, Chromium, keepPicture, waitForPhase } from "./chromium.ts";

const PASSWORD = "correct horse";

for (const kind of PROXIES) {
  testWith(
    [CHROMIUM, kind.program],
    `behind ${kind.program}, a user signs in, opens a screen and signs out`,
    async () => {
      const auth = { users: { ada: { password: await hashPassword(PASSWORD), groups: ["admins"] } } };
      await using rig = await startBehind(kind, { strip: true, auth });
      await using browser = await Chromium.start();
      const page = await browser.openPage({ ignoreHTTPSErrors: true });
      const asked: string[] = [];
      page.on("request", (request) => asked.push(request.url()));
      await page.goto(`${rig.origin}/vnc/site/vnc/demo`);
      await page.fill("#name", "ada");
      await page.fill("#password", PASSWORD);
      await page.press("#password", "Enter");
      await waitForPhase(page, "open");
      assertEquals(page.url(), `${rig.origin}/vnc/site/vnc/demo`);
      await keepPicture(page, `behind-${kind.program}`);
      const [cookie] = await page.context().cookies();
      assertEquals([cookie?.name, cookie?.path, cookie?.secure], ["__Host-porthole", "/", true]);
      await page.goto(`${rig.origin}/vnc/`);
      await page.click("text=Signed in as ada");
      await page.click("text=Audit log");
      await page.click(".brand");
      await page.click(".user");
      await page.click("text=Create link");
      assertMatch(await page.textContent("#made-link") ?? "", new RegExp(`^${rig.origin}/vnc/share#`));
      await page.click("text=Sign out");
      await page.waitForURL(`${rig.origin}/vnc/sign-in`);
      assertEquals((await page.goto(`${rig.origin}/vnc/`))?.status(), 401);
      assertEquals(asked.filter((url) => !url.startsWith(`${rig.origin}/vnc/`) && !/^(data|blob):/.test(url)), []);
      assertEquals(browser.complaints, []);
    },
  );
}
