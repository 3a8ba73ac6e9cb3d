import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { explainHost, explainOrigin } from "../../../src/access/explain_refusal.ts";
import { createRangeTest, findPeer } from "../../../src/access/peer.ts";

const isTrusted = createRangeTest(["10.0.0.5"]);
const gateway = {
  publicUrl: new URL("https://vnc.example.net/"),
  allowedOrigins: ["https://home.example.net"],
  allowedHosts: ["nas.example.org"],
};

type Headers = Readonly<Record<string, string>>;

function explain(
  headers: Headers,
  { remote = "10.0.0.5", url = "http://inner:8443/", explainer = explainOrigin } = {},
) {
  const request = new Request(url, { headers });
  return explainer(request, findPeer(request, { remote, isTrusted }), gateway);
}

const Origin = "https://board.example.net";

Deno.test("explainOrigin() says what came and what was expected", () => {
  const { came, expected } = explain({ Origin });
  assertEquals(came, "Origin https://board.example.net");
  assertEquals(expected, "http://inner:8443 or https://vnc.example.net or https://home.example.net");
});

Deno.test("explainOrigin() names the header that the proxy left out, or the proxy that is not trusted", () => {
  const hints: [Headers, string, string][] = [
    [{ Origin: "https://inner:8443" }, "10.0.0.5", "came through 10.0.0.5 without a usable X-Forwarded-Proto"],
    [
      { Origin, "X-Forwarded-Proto": "ftp" },
      "10.0.0.5",
      "came through 10.0.0.5 without a usable X-Forwarded-Proto and X-Forwarded-Host",
    ],
    [
      { Origin, "X-Forwarded-Proto": "https" },
      "10.0.0.5",
      "came through 10.0.0.5 without a usable X-Forwarded-Host",
    ],
    [
      {
        Origin,
        "X-Forwarded-Proto": "https, http",
        "X-Forwarded-Host": "board.example.net, inner",
        "X-Forwarded-For": "192.0.2.7, 10.0.0.9",
      },
      "10.0.0.5",
      "came through 10.0.0.9, which is not in trusted_proxies",
    ],
    [
      { Origin, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7" },
      "10.0.0.6",
      "10.0.0.6 sent X-Forwarded-For, X-Forwarded-Proto but is not in trusted_proxies",
    ],
    [{ Origin, Forwarded: "proto=https" }, "::1", "::1 sent Forwarded but is not in trusted_proxies"],
  ];
  for (const [headers, remote, hint] of hints) {
    const found = explain(headers, { remote }).hint;
    const [fault, ...advice] = found.split("; ");
    assertEquals([fault, advice.length > 0], [hint, headers.Origin === Origin], found);
  }
});

Deno.test("explainOrigin() names the settings where nothing points to a proxy", () => {
  assertStringIncludes(explain({ Origin }, { remote: "192.0.2.7" }).hint, "set public_url to it");
  assertStringIncludes(explain({ Origin: "null" }, { remote: "192.0.2.7" }).hint, "hides its origin");
  assertEquals(explain({}).came, "no Origin");
});

Deno.test("explainHost() says which names are served, and why the host that the proxy tells is not used", () => {
  const url = "http://rebound.example.com/";
  const { came, expected, hint } = explain({}, { url, explainer: explainHost });
  assertEquals([came, expected], [
    "Host rebound.example.com",
    "an IP address or a name of the local network or vnc.example.net or nas.example.org",
  ]);
  assertStringIncludes(hint, "allowed_hosts");
  const told = { "X-Forwarded-Host": "vnc.example.net" };
  assertEquals(
    explain(told, { url, explainer: explainHost, remote: "10.0.0.6" }).hint,
    "10.0.0.6 sent X-Forwarded-Host but is not in trusted_proxies",
  );
});

Deno.test("an explanation stays short whatever the request says", () => {
  const text = fc.string({
    unit: fc.integer({ min: 33, max: 255 }).map((code) => String.fromCharCode(code)),
    maxLength: 5_000,
  });
  fc.assert(fc.property(text, text, (origin, forwarded) => {
    const { came, hint } = explain({ Origin: origin, Forwarded: forwarded, "X-Forwarded-Host": forwarded });
    assert(came.length <= 201 && hint.length < 400);
  }));
});
