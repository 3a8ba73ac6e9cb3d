/** Credentials and headers of strangers: text that is valid, damaged or noise. Forwarded headers are in peer_test.ts. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SignJWT } from "jose";
import { createBearerCredential, TOKEN_PROTOCOL } from "../../../src/access/bearer.ts";
import { readCookie, writeCookie } from "../../../src/access/cookie.ts";
import { checkHost } from "../../../src/access/host.ts";
import { hashToken } from "../../../src/access/opaque_token.ts";
import { checkOrigin } from "../../../src/access/origin.ts";
import { readReturnPath } from "../../../src/access/return_path.ts";
import { createSignedTokenCredential } from "../../../src/access/signed_token.ts";
import { TokenGuesses } from "../../../src/access/token_guesses.ts";
import { isValidName, readUser, splitGroups } from "../../../src/access/user_claims.ts";
import { isForWebsockify, readWebsockifyToken } from "../../../src/access/websockify_request.ts";
import type { Config } from "../../../src/config/config.ts";
import { Secret } from "../../../src/config/secret.ts";
import { PortholeError } from "../../../src/errors.ts";
import { asHeader, FOREIGN, foreignText } from "../../fakes/foreign.ts";
import { makeLineage } from "../../fakes/lineage.ts";
import { NO_LIMIT } from "../../fakes/no_limit.ts";

const peer = { address: "10.0.0.1", origin: "https://h", prefix: "", proxied: false, via: "127.0.0.1" };
const withHeader = (name: string, text: string) => new Request("https://h/", { headers: { [name]: asHeader(text) } });

/** The code of the PortholeError that `act` throws; undefined when it returns. Anything else fails the test. */
async function codeOf(act: () => unknown): Promise<string | undefined> {
  try {
    await act();
  } catch (error) {
    if (error instanceof PortholeError) return error.code;
    throw error;
  }
}

Deno.test("readCookie() gives a text without control characters or nothing, and what was written comes back", () => {
  const cookies = foreignText(["porthole=value; other=1", "__Host-porthole=value"], [";", "=", "porthole", "%E0"]);
  fc.assert(
    fc.property(cookies, fc.boolean(), fc.base64String(), (text, secure, value) => {
      assert(readCookie(withHeader("cookie", text), { secure }) !== "");
      const [written = ""] = writeCookie(value, { secure, maxAgeMs: 1000 }).split(";");
      // A stranger's cookies before it do not hide it, unless they have its name.
      const own = asHeader(text).includes("porthole") ? "" : `${asHeader(text)}; `;
      const before = /["\\]/.test(own) ? "" : own;
      assertEquals(readCookie(withHeader("cookie", before + written), { secure }), value || undefined);
    }),
    FOREIGN,
  );
});

Deno.test("readReturnPath() gives a path on this site, which it gives again", () => {
  const valid = ["/site/vnc/pi?full=1", "/account", "/a/../b", "https://evil.example/", "//evil.example/x"];
  fc.assert(
    fc.property(foreignText(valid, ["/", "\\", ".", "..", "@", ":", "%2f", "%5c", "?", "#"]), (text) => {
      const path = readReturnPath(text);
      assert(/^\/(?![/\\])/.test(path), path);
      for (const base of ["https://gate.example/", "https://gate.example/below/"]) {
        assert(new URL(new URL(base).pathname + path.slice(1), base).href.startsWith(base));
      }
      assertEquals(readReturnPath(path), path);
    }),
    FOREIGN,
  );
});

Deno.test("a bearer token that is not the right one is refused or is none, wherever it stands", async () => {
  const token = "the-right-token";
  const auth = { mode: "methods", tokens: [{ name: "ci", hash: hashToken(token), scopes: ["admin"], groups: [] }] };
  const config = () => ({ auth }) as unknown as Config;
  const lineage = makeLineage({ config });
  const guesses = new TokenGuesses(NO_LIMIT);
  const credential = createBearerCredential({ config, lineage, guesses, isLoginToken: () => Promise.resolve(false) });
  const valid = [`Bearer ${token}`, `binary, ${TOKEN_PROTOCOL}${token}`, `Basic ${btoa("a:b")}`];
  const name = fc.constantFrom("authorization", "sec-websocket-protocol");
  await fc.assert(
    fc.asyncProperty(name, foreignText(valid, ["Bearer", token, TOKEN_PROTOCOL, ",", "="]), async (name, text) => {
      let identity = null;
      const code = await codeOf(async () => identity = await credential(withHeader(name, text), peer));
      assert(code === undefined || code === "sign_in_required");
      if (identity !== null) assert(asHeader(text).includes(token));
    }),
    FOREIGN,
  );
});

Deno.test("a signed token that was damaged opens nothing", async () => {
  const secret = "0123456789abcdef0123456789abcdef";
  const auth = { mode: "methods", signers: [{ key: { kind: "secret", secret: new Secret(secret) }, role: "control" }] };
  const config = () => ({ auth }) as unknown as Config;
  const credential = createSignedTokenCredential({ config, lineage: makeLineage({ config }) });
  const expires = Math.floor(Date.now() / 1000) + 3600;
  const token = await new SignJWT({ source: "pi", exp: expires }).setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(secret));
  const none = `${btoa('{"alg":"none"}')}.${btoa('{"source":"pi"}')}.`.replaceAll("=", "");
  const pieces = [".", "=", "eyJ", ...token.split(".")];
  await fc.assert(
    fc.asyncProperty(foreignText([token, none], pieces), async (text) => {
      // A decoder ignores the bits of the last character that belong to no byte: another text is the same token there.
      if (text.startsWith(token.slice(0, -1))) return;
      const address = `https://h/websockify?token=${encodeURIComponent(text.toWellFormed())}`;
      const request = new Request(address, { headers: { upgrade: "websocket" } });
      let identity = null;
      const code = await codeOf(async () => identity = await credential(request, peer));
      assertEquals(identity, null);
      assert(code === undefined || code === "sign_in_required");
    }),
    FOREIGN,
  );
});

Deno.test("a token in the query is read as it was written, and marks a handshake of websockify", () => {
  fc.assert(
    fc.property(foreignText(["pi", "QUJD+/==", "a b:c"], ["&", "#", "token="]), (written) => {
      const text = written.toWellFormed().replace(/\n+$/, "");
      const address = `https://h/any/path?x=1&token=&token=${encodeURIComponent(text)}`;
      const request = new Request(address, { headers: { upgrade: "websocket" } });
      assertEquals(readWebsockifyToken(request), text || undefined);
      assertEquals(isForWebsockify(request), text !== "");
    }),
    FOREIGN,
  );
});

Deno.test("only accepted hosts and origins pass, and the rest is refused by name", async () => {
  const gateway = {
    publicUrl: new URL("https://vnc.example.net/"),
    allowedHosts: ["vnc.example.org"],
    allowedOrigins: [],
  };
  const valid = [
    "https://vnc.example.net",
    "https://vnc.example.org:8443",
    "http://192.168.1.5:8443",
    "https://evil.example",
  ];
  await fc.assert(
    fc.asyncProperty(foreignText(valid, [".", ":", "@", "[", "]", "xn--", "localhost"]), async (text) => {
      const accepted = valid.slice(0, 1);
      assertEquals(
        await codeOf(() => checkOrigin(text, accepted)),
        text === accepted[0] ? undefined : "origin_refused",
      );
      const url = URL.parse(text);
      if (!url || !/^https?:$/.test(url.protocol)) return;
      const code = await codeOf(() => checkHost({ origin: url.origin, gateway }));
      const isNamed = ["vnc.example.net", "vnc.example.org"].includes(url.hostname.replace(/\.$/, ""));
      if (isNamed) assertEquals(code, undefined);
      // A public name needs a dot and a top-level domain that the local network does not have.
      else if (/\.(example|net|org|com)\.?$/.test(url.hostname)) assertEquals(code, "host_refused");
    }),
    FOREIGN,
  );
});

Deno.test("a user that a provider or proxy names has a valid name, and groups that are text", async () => {
  const text = foreignText(["ada", "ada@example.org", "Ada Lovelace"], [",", ":", "group:"]);
  const claim = fc.oneof(text, fc.anything(), fc.array(fc.oneof(text, fc.anything())));
  await fc.assert(
    fc.asyncProperty(claim, claim, text, async (sub, groups, header) => {
      const names = { user: "sub", groups: "groups" };
      const code = await codeOf(() => {
        const user = readUser({ sub, groups }, names);
        assert(isValidName(user.name) && !user.name.includes(":"));
        for (const group of user.groups) assert(typeof group === "string" && group !== "");
      });
      assert(code === undefined || code === "not_allowed");
      const split = splitGroups(header);
      assertEquals(splitGroups(split.join(",")), split);
    }),
    FOREIGN,
  );
});
