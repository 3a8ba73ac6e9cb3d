import { assert, assertEquals, assertNotMatch, assertStringIncludes } from "@std/assert";
import { INSTALL_GUIDES } from "../../../src/tls/install.ts";
import { TrustPage } from "../../../src/web/trust/page.tsx";

const props = {
  basePath: "/vnc/",
  nonce: "n0nce",
  address: "https://gate.local:8443/vnc/trust?<&>",
  guides: INSTALL_GUIDES,
};
const render = (fingerprint256?: string) => String(TrustPage({ ...props, hasCertificate: false, fingerprint256 }));

Deno.test("TrustPage shows the fingerprint, the download and the steps of every system", () => {
  const html = render("AB:CD");
  assertStringIncludes(html, ">AB:CD<");
  assertStringIncludes(html, 'href="/vnc/ca.crt"');
  for (const { id, system } of INSTALL_GUIDES) {
    assertStringIncludes(html, `id="${id}"`);
    assertStringIncludes(html, `>${system}<`);
  }
  assertStringIncludes(html, "<code>porthole-ca.crt</code>");
  assert(!html.includes("`"));
});

Deno.test("TrustPage keeps to a strict policy: no inline style or script, no foreign address", () => {
  const html = render("AB:CD");
  assertNotMatch(html, /<script|style=|<style|\son\w+=|src="http|href="http/);
  assertStringIncludes(html, "https://gate.local:8443/vnc/trust?&lt;&amp;&gt;");
});

Deno.test("TrustPage draws a QR code of at least 21 by 21 modules", () => {
  const [, size, path] = render("AB:CD").match(/viewBox="0 0 (\d+) \d+".*? d="([^"]+)"/)!;
  assert(Number(size) >= 21 + 8);
  assert(path!.split("M").length > 200);
});

Deno.test("TrustPage without a local CA offers nothing to install, and says whose certificate it is", () => {
  const cases: [props: { hasCertificate: boolean; address: string }, said: string, unsaid: string][] = [
    [{ hasCertificate: true, address: "https://h/trust" }, "supplied by its administrator", "not encrypted"],
    [{ hasCertificate: false, address: "https://h/trust" }, "The server in front of it", "administrator"],
    [{ hasCertificate: false, address: "http://h/trust" }, "The connection is not encrypted", "administrator"],
    [{ hasCertificate: false, address: "http://127.0.0.1:80/trust" }, "nothing to install", "not encrypted"],
  ];
  for (const [more, said, unsaid] of cases) {
    const html = String(TrustPage({ ...props, ...more }));
    assertStringIncludes(html.replaceAll(/\s+/g, " "), said);
    assertEquals([html.includes("ca.crt"), html.includes("<svg"), html.includes(unsaid)], [false, false, false]);
  }
});
