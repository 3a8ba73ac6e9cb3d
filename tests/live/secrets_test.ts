/** The secret of a real VNC server stays with the gateway. */
import { assert, assertEquals } from "@std/assert";
import { enterDesktop } from "../fakes/enter_desktop.ts";
import { findSecrets } from "../fakes/secret_forms.ts";
import { SecretRig } from "../fakes/secret_rig.ts";
import { testWith } from "./programs.ts";
import { Xvnc } from "./xvnc.ts";

const PASSWORD = 'k&7"z<+/';

testWith(
  ["Xvnc", "vncpasswd"],
  "the secret of a real Xvnc, and its answer to the challenge, stay with the gateway",
  async () => {
    await using xvnc = await Xvnc.start({ securityTypes: "VncAuth", password: PASSWORD });
    await using rig = await SecretRig.start(xvnc.port, { password: PASSWORD, prewarm: 1 }, "json");
    await using viewer = rig.view();
    await enterDesktop(viewer);
    await rig.askEverything();
    await viewer[Symbol.asyncDispose]();
    await rig.untilLogged("Session ended");
    const said = await rig.listen();
    assert(said.get("the browser's wire")!.includes("RFB 003.008"));
    const answer = rig.source.up.subarray(13, 29);
    assertEquals(answer.length, 16);
    assertEquals(
      [...said].flatMap(([place, text]) => findSecrets(text, [PASSWORD, answer]).map((form) => [place, form])),
      [],
    );
  },
);
