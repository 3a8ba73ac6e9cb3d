import { assertEquals } from "@std/assert";
import main from "../../main.ts";

Deno.test("fetch() of main.ts requires sign-in without an auth section, because its listener is not known", async () => {
  const answer = await main.fetch(new Request("http://127.0.0.1/api/sources"));
  assertEquals([answer.status, (await answer.json()).code], [401, "sign_in_required"]);
});
