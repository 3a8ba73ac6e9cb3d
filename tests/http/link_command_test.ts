import { assertEquals, assertMatch } from "@std/assert";
import { startGateway } from "../fakes/gateway.ts";
import { sendRaw } from "../fakes/raw_http.ts";

const LINE = "deno task start link --config /home/ada/sources.yaml";
const YAML = "auth: { users: {}, login_link: true }\nsources: {}\n";

async function startWithCommand() {
  return await startGateway(YAML, { about: { describeCommand: (command) => LINE.replace("link", command) } });
}

/** Sends a wrong token: the page and the sentence about it both say how to get another one. */
function signIn(port: number, headers: Readonly<Record<string, string>>) {
  const type = { "Content-Type": "application/x-www-form-urlencoded", Accept: "text/html" };
  return sendRaw(port, { method: "POST", path: "/sign-in", headers: { ...type, ...headers }, body: "token=wrong" });
}

Deno.test("the sign-in page on the gateway's machine shows the line that prints a new login link", async () => {
  await using rig = await startWithCommand();
  for (const host of ["127.0.0.1", "localhost", "[::1]"]) {
    const { status, body } = await signIn(rig.port, { Host: `${host}:${rig.port}` });
    assertEquals([status, body.split(LINE).length - 1], [401, 2], body);
  }
});

Deno.test("the sign-in page on another machine, or behind a proxy, shows no path of the gateway's machine", async () => {
  await using rig = await startWithCommand();
  const others: Record<string, string>[] = [
    { Host: "192.168.1.5:8443" },
    { Host: "gatehouse" },
    { "X-Forwarded-For": "192.168.1.9" },
    { "X-Forwarded-Host": "127.0.0.1" },
    { Forwarded: "for=192.168.1.9" },
    { Via: "1.1 proxy" },
  ];
  for (const headers of others) {
    const { body } = await signIn(rig.port, headers);
    assertEquals(body.includes("/home/ada"), false, JSON.stringify(headers));
    assertMatch(body, /run the command link to get a new one/);
    assertMatch(body, /Porthole(&#39;|')s command link on the machine where Porthole runs/);
  }
});
