/** Requests whose Host is no host: they are answered like any other request, and nothing is thrown. */
import { assert, assertEquals } from "@std/assert";
import { startGateway } from "../fakes/gateway.ts";
import { sendRaw, UPGRADE } from "../fakes/raw_http.ts";

const HOSTS = [
  "[::::]",
  "a b",
  "a:99999",
  "a:b",
  "%",
  "%zz",
  "",
  "a/b",
  "a?b",
  "a#b",
  "@",
  "a@b",
  "1.2.3.4.5",
  "[",
  "a,b",
  "\\",
];

Deno.test("a request with any Host gets an answer, and an invalid one 400", async () => {
  await using gateway = await startGateway("auth: none\ngateway: { base_path: /vnc/ }\nsources: { pi: 127.0.0.1:1 }\n");
  const found: Record<string, number> = {};
  for (const Host of HOSTS) {
    for (const path of ["/vnc/", "/", "/?token=pi"]) {
      for (const more of [{}, { Accept: "text/html" }, UPGRADE]) {
        const { status } = await sendRaw(gateway.port, { path, headers: { Host, ...more } });
        found[Host] = Math.max(found[Host] ?? 0, status);
        assert(status >= 101 && status < 500, `${Host} ${path}: ${status}`);
      }
    }
  }
  assertEquals([found["[::::]"], found["a:99999"], found["1.2.3.4.5"]], [400, 400, 400]);
  assertEquals(gateway.lines.filter(({ level }) => level === "error"), []);
});
