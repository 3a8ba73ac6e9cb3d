import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import * as fc from "fast-check";
import { OidcSignIn } from "../../../src/access/oidc.ts";
import { hashToken } from "../../../src/access/opaque_token.ts";
import { createProviderFetch, describeError, type Fetch } from "../../../src/access/provider_fetch.ts";
import { openAccessStores } from "../../../src/access/stores.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { PortholeError } from "../../../src/errors.ts";
import { createMemoryStores } from "../../../src/store/memory_stores.ts";
import { Browser } from "../../fakes/browser.ts";
import { listKeys, makeSigner } from "../../fakes/key_server.ts";
import { ADA, type ProviderProcess, startProvider, writeYaml } from "../../fakes/oidc_rig.ts";

const REDIRECT_URI = "http://127.0.0.1:9/sign-in/oidc/callback";

/** Sign-in at a real provider, over a line that a test cuts or taps. */
async function makeRig(provider: ProviderProcess) {
  await provider.control({ account: ADA, redirectUris: [REDIRECT_URI] });
  const { config } = await loadConfig({ text: writeYaml(provider.issuer), env: () => undefined });
  const asked: string[] = [];
  const line: { carry: Fetch; nowMs: number } = { carry: fetch, nowMs: Date.now() };
  const tapped: Fetch = (url, init) => {
    asked.push(new URL(url).pathname);
    return line.carry(url, init);
  };
  const oidc = new OidcSignIn({
    pending: openAccessStores(createMemoryStores({ now: () => line.nowMs })).pendingSignOns,
    config: () => config,
    fetch: createProviderFetch({ fetch: tapped, timeoutMs: 2_000 }),
    now: () => line.nowMs,
  });
  const begin = (from = "192.0.2.1") => oidc.begin({ redirectUri: REDIRECT_URI, next: "/", binding: "", from });
  const signIn = async () => {
    const { location, binding } = await begin();
    const { url } = await new Browser().visit(location, ({ href }) => href.startsWith(REDIRECT_URI));
    return await oidc.finish({ query: url.searchParams, binding });
  };
  return { oidc, line, asked, begin, signIn };
}

Deno.test("OidcSignIn", async (t) => {
  await using provider = await startProvider();

  await t.step("contacts the provider only when somebody signs in, and fetches its metadata once an hour", async () => {
    const { asked, begin, line } = await makeRig(provider);
    assertEquals(asked, []);
    await Promise.all([begin(), begin(), begin()]);
    assertEquals(asked, ["/.well-known/openid-configuration"]);
    line.nowMs += 3_600_001;
    await begin();
    assertEquals(asked.length, 2);
  });

  await t.step("asks again after the provider was down or silent, or answered too much or nonsense", async () => {
    const { begin, line } = await makeRig(provider);
    const endless = new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(65_536)) });
    const failures: Fetch[] = [
      () => Promise.reject(new TypeError("connection refused")),
      (_url, init) =>
        new Promise((_, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason))),
      () => Promise.resolve(new Response(endless)),
      () => Promise.resolve(new Response("<html>", { headers: { "content-type": "text/html" } })),
      () => Promise.resolve(Response.json({ issuer: "https://evil.example" })),
      () => Promise.resolve(new Response(null, { status: 503 })),
    ];
    for (const carry of failures) {
      line.carry = carry;
      const { code } = await assertRejects(begin, PortholeError, "Cannot sign in with the office");
      assertEquals(code, "provider_unreachable");
    }
    line.carry = fetch;
    assert((await begin()).location.href.startsWith(provider.issuer));
  });

  await t.step("refuses a token that is not signed with the provider's key", async () => {
    const { signIn, line } = await makeRig(provider);
    assertEquals((await signIn()).user, { name: "ada", groups: ["vnc-admins", "engine"] });
    const foreign = await makeSigner("another", "RS256");
    line.carry = (url, init) => url.endsWith("/jwks") ? Promise.resolve(listKeys(foreign)) : fetch(url, init);
    const error = await assertRejects(signIn, PortholeError);
    assertEquals(error.code, "sign_in_required");
    assertMatch(describeError(error), /key/);
  });

  await t.step("refuses any other query in place of a response with a typed error", async () => {
    const { oidc, begin } = await makeRig(provider);
    const names = fc.constantFrom(
      "state",
      "code",
      "iss",
      "error",
      "id_token",
      "response",
      "access_token",
      "token_type",
    );
    const query = fc.array(fc.tuple(names, fc.string()), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(query, fc.boolean(), async (pairs, isKnown) => {
        const { location, binding } = await begin();
        const state = location.searchParams.get("state")!;
        const answer = new URLSearchParams([...isKnown ? [["state", state]] : [], ...pairs]);
        const { code } = await assertRejects(() => oidc.finish({ query: answer, binding }), PortholeError);
        assertEquals(code, "sign_in_required");
      }),
      { numRuns: 60 },
    );
  });

  await t.step("shares the flows that are never finished fairly between addresses, and keeps the old", async () => {
    const { oidc, begin, line } = await makeRig(provider);
    const first = await begin();
    const flood = async (from: (at: number) => string, flows: number) => {
      const begun = await Promise.allSettled(Array.from({ length: flows }, (_, at) => begin(from(at))));
      return begun.filter(({ status }) => status === "fulfilled").length;
    };
    assertEquals([await flood(() => "192.0.2.1", 250), await flood(() => "192.0.2.2", 250)], [222, 198]);
    assertEquals(
      await flood((at) => `198.51.${at >> 8}.${at & 255}`, 1_600),
      1_579,
      "one each, as long as there is one",
    );
    const { code, retryAfterMs } = await assertRejects(() => begin("203.0.113.1"), PortholeError, "try again later");
    assertEquals([code, retryAfterMs], ["limit_reached", 60_000]);
    const query = new URLSearchParams({ state: first.location.searchParams.get("state")!, code: "x" });
    await assertRejects(() => oidc.finish({ query, binding: first.binding }), PortholeError, "Cannot sign in with");
    line.nowMs += 10 * 60_000;
    await begin("203.0.113.1");
  });
});

Deno.test("a sign-in that began before the provider's settings changed is not finished", async () => {
  const { config } = await loadConfig({
    text: "auth: { oidc: { issuer: https://id.example, client_id: porthole } }\nsources: {}\n",
    env: () => undefined,
  });
  const pending = openAccessStores(createMemoryStores()).pendingSignOns;
  const flow = {
    redirectUri: "https://gateway/",
    next: "/",
    nonce: "n",
    verifier: "v",
    binding: hashToken("cookie"),
    from: "",
  };
  await pending.put("state", { ...flow, provider: "of other settings" });
  const oidc = new OidcSignIn({ config: () => config, pending, fetch: () => Promise.reject(new Error("offline")) });
  const response = { query: new URLSearchParams({ code: "c", state: "state" }), binding: "cookie" };
  await assertRejects(() => oidc.finish(response), PortholeError, "began in another browser");
});
