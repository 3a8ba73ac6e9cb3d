import { assertEquals } from "@std/assert";
import { createRedirect } from "../../../src/tls/redirect.ts";

const names = () => ["localhost", "192.168.1.5", "2001:db8::5", "gate.local", "*.example.net"];
const redirect = createRedirect({ names, port: 8443 });
const ask = (url: string, to = redirect) => {
  const { status, headers } = to(new Request(url));
  return [status, headers.get("location")];
};

Deno.test("createRedirect() keeps host, path and query and goes to the HTTPS port", () => {
  assertEquals(ask("http://gate.local:8080/site/vnc/pi?a=%2F"), [308, "https://gate.local:8443/site/vnc/pi?a=%2F"]);
  assertEquals(ask("http://192.168.1.5/"), [308, "https://192.168.1.5:8443/"]);
  assertEquals(ask("http://[2001:db8::5]:8080/"), [308, "https://[2001:db8::5]:8443/"]);
  assertEquals(ask("http://vnc.example.net/"), [308, "https://vnc.example.net:8443/"]);
});

Deno.test("createRedirect() omits the default port of HTTPS", () => {
  assertEquals(ask("http://localhost/", createRedirect({ names, port: 443 })), [308, "https://localhost/"]);
});

Deno.test("createRedirect() redirects every request to public_url if it is set", () => {
  const publicUrl = new URL("https://vnc.example.org:444/vnc/");
  const to = createRedirect({ publicUrl, names, port: 8443 });
  assertEquals(ask("http://anything.example/vnc/x?y", to), [308, "https://vnc.example.org:444/vnc/x?y"]);
});

Deno.test("createRedirect() never redirects to a host that is not the gateway's", () => {
  for (
    const host of [
      "evil.example",
      "example.net",
      "a.b.example.net",
      "localhost.evil.example",
      "192.168.1.6",
      "evilgate.local",
    ]
  ) {
    assertEquals(ask(`http://${host}/`), [421, null], host);
  }
  assertEquals(ask("http://localhost//evil.example/"), [308, "https://localhost:8443//evil.example/"]);
  assertEquals(ask("http://localhost/\\evil.example"), [308, "https://localhost:8443//evil.example"]);
  assertEquals(ask("http://user:pw@localhost/"), [308, "https://localhost:8443/"]);
});

Deno.test("createRedirect() answers a request whose Host is no host", () => {
  const request = { url: "http://[::::]/" } as Request;
  assertEquals(redirect(request).status, 400);
});
