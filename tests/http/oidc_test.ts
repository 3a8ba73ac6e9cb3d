import { assert, assertEquals, assertMatch, assertNotMatch, assertStringIncludes } from "@std/assert";
import { loadConfig } from "../../src/config/load.ts";
import { Browser, type Visited } from "../fakes/browser.ts";
import type { TestGateway } from "../fakes/gateway.ts";
import { CLIENT_SECRET } from "../fakes/oidc_client.ts";
import { ADA, startProvider, startSignOnGateway, writeYaml } from "../fakes/oidc_rig.ts";

/** The way through the provider to its end. */
function signIn(gateway: TestGateway, browser = new Browser(), next = "/"): Promise<Visited> {
  return browser.visit(`${gateway.origin}/sign-in/oidc?next=${encodeURIComponent(next)}`);
}

/** The way up to the address at which the provider would be asked. */
async function begin(gateway: TestGateway, browser: Browser): Promise<URL> {
  return (await browser.visit(`${gateway.origin}/sign-in/oidc?next=/`, ({ origin }) => origin !== gateway.origin)).url;
}

/** The way up to the address with the provider's answer, which is not yet opened. */
async function askProvider(gateway: TestGateway, browser: Browser, at: URL): Promise<URL> {
  return (await browser.visit(at, ({ origin }) => origin === gateway.origin)).url;
}

async function assertSignedOut(gateway: TestGateway, browser: Browser): Promise<void> {
  assertEquals((await browser.visit(gateway.origin)).status, 401);
}

/** Why the last way failed, as the log has it. */
function readCause(gateway: TestGateway): string {
  return String(gateway.lines.findLast(({ cause }) => cause !== undefined)?.cause);
}

/** A refusal is the sign-in page with a sentence: it offers the way again, and nobody has come in. */
async function assertRefused(
  visited: Visited,
  gateway: TestGateway,
  browser: Browser,
  sentence: RegExp,
): Promise<void> {
  assertEquals(visited.status, 401);
  assertMatch(visited.text, sentence);
  assertMatch(visited.text, /Sign in with the office/);
  await assertSignedOut(gateway, browser);
}

Deno.test("users sign in at a real provider", async (t) => {
  await using provider = await startProvider();

  await t.step("and come back to the page that they came from, with their name and groups", async () => {
    await using gateway = await startSignOnGateway(provider, { oidc: "groups: { vnc-admins: admins }" });
    const browser = new Browser();
    const asked = await browser.visit(`${gateway.origin}/site/vnc/locked?x=1`);
    assertEquals(asked.status, 401);
    const [, href = ""] = /href="([^"]*sign-in\/oidc[^"]*)"/.exec(asked.text) ?? [];
    const back = await browser.visit(new URL(href, gateway.origin));
    assertEquals([back.status, back.url.pathname + back.url.search], [200, "/site/vnc/locked?x=1"]);
    const dashboard = await browser.visit(gateway.origin);
    assertStringIncludes(dashboard.text, "Signed in as ada");
    assertStringIncludes(dashboard.text, "For admins");
    assertEquals(browser.cookieNames(gateway.origin), ["porthole", "porthole-oidc"]);
    assertNotMatch(JSON.stringify(gateway.lines) + dashboard.text, new RegExp(CLIENT_SECRET));
  });

  await t.step("and a group that the configuration does not name gives nothing", async () => {
    await using gateway = await startSignOnGateway(provider, { oidc: "groups: { others: admins }" });
    const browser = new Browser();
    const dashboard = await signIn(gateway, browser);
    assertStringIncludes(dashboard.text, "For all");
    assertNotMatch(dashboard.text, /For admins/);
    assertEquals((await browser.visit(`${gateway.origin}/site/vnc/locked`)).status, 404);
  });

  await t.step("and are never led to another site", async () => {
    await using gateway = await startSignOnGateway(provider);
    for (const next of ["//evil.example/", "https://evil.example/", "/\\evil.example", "/%0d%0aSet-Cookie:x=1"]) {
      assertEquals((await signIn(gateway, new Browser(), next)).url.origin, gateway.origin, next);
    }
  });

  await t.step("and only if the configuration allows them", async () => {
    const limits = {
      "users: [eve]": 403,
      "domains: [example.org]": 403,
      "users: [ada]": 200,
      "domains: [example.net]": 200,
    };
    for (const [oidc, status] of Object.entries(limits)) {
      await using gateway = await startSignOnGateway(provider, { oidc });
      assertEquals((await signIn(gateway)).status, status, oidc);
    }
    const unverified = { settings: { account: { ...ADA, email_verified: false } } };
    for (const oidc of ["domains: [example.net]", "claims: { user: email }"]) {
      await using gateway = await startSignOnGateway(provider, { oidc, ...unverified });
      assertEquals((await signIn(gateway)).status, 403, oidc);
    }
  });

  await t.step("and nobody under the name of a group or a token", async () => {
    for (const name of ["group:admins", "token:ci", "", 7, undefined]) {
      const settings = { account: { ...ADA, preferred_username: name } };
      await using gateway = await startSignOnGateway(provider, { settings });
      assertEquals((await signIn(gateway)).status, 403);
    }
  });

  await t.step("and are told when the provider says no", async () => {
    await using gateway = await startSignOnGateway(provider);
    await provider.control({ redirectUris: [`${gateway.origin}/sign-in/oidc/callback`] });
    const browser = new Browser();
    await assertRefused(await signIn(gateway, browser), gateway, browser, /Cannot sign in with the office: it refused/);
  });

  await t.step("and a response is accepted once, in the browser that asked, for ten minutes", async () => {
    let nowMs = Date.now();
    await using gateway = await startSignOnGateway(provider, { now: () => nowMs });
    const tooLate = /took too long or began in another browser/;

    const [victim, thief] = [new Browser(), new Browser()];
    const answer = await askProvider(gateway, victim, await begin(gateway, victim));
    await begin(gateway, thief);
    await assertRefused(await thief.visit(answer), gateway, thief, tooLate);
    assertEquals((await victim.visit(answer)).status, 200);
    assertMatch((await victim.visit(answer)).text, tooLate);

    const slow = new Browser();
    const late = await askProvider(gateway, slow, await begin(gateway, slow));
    nowMs += 10 * 60_000;
    await assertRefused(await slow.visit(late), gateway, slow, tooLate);
  });

  await t.step("and two tabs at once do not disturb each other", async () => {
    await using gateway = await startSignOnGateway(provider);
    const browser = new Browser();
    const [one, two] = [await begin(gateway, browser), await begin(gateway, browser)];
    for (const tab of [one, two]) {
      assertEquals((await browser.visit(await askProvider(gateway, browser, tab))).status, 200);
    }
  });

  for (const [name, cause] of [["nonce", /nonce/], ["code_challenge", /invalid_grant/]] as const) {
    await t.step(`and a ${name} that was swapped on the way is refused`, async () => {
      await using gateway = await startSignOnGateway(provider);
      const browser = new Browser();
      const asking = await begin(gateway, browser);
      assertEquals(asking.searchParams.get("code_challenge_method"), "S256");
      asking.searchParams.set(name, "A".repeat(43));
      const visited = await browser.visit(await askProvider(gateway, browser, asking));
      await assertRefused(visited, gateway, browser, /its response is invalid/);
      assertMatch(readCause(gateway), cause);
    });
  }

  for (const [name, value] of [["state", "x"], ["iss", "https://evil.example"], ["code", "x"]] as const) {
    await t.step(`and an answer with another ${name} is refused`, async () => {
      await using gateway = await startSignOnGateway(provider);
      const browser = new Browser();
      const answer = await askProvider(gateway, browser, await begin(gateway, browser));
      answer.searchParams.set(name, value);
      await assertRefused(
        await browser.visit(answer),
        gateway,
        browser,
        /response is invalid|began in another browser/,
      );
    });
  }

  await t.step("and a token that has expired is refused, within what clocks differ by it is not", async () => {
    for (const [clockOffsetSeconds, status] of [[-3600, 401], [-60, 401], [-20, 200], [20, 200]] as const) {
      await using gateway = await startSignOnGateway(provider);
      const redirectUris = [`${gateway.origin}/sign-in/oidc/callback`];
      await provider.control({ account: ADA, redirectUris, clockOffsetSeconds, idTokenSeconds: 5 });
      assertEquals((await signIn(gateway)).status, status, `${clockOffsetSeconds} s`);
      if (status === 401) assertMatch(readCause(gateway), /exp/);
    }
  });

  await t.step("and need not wait when the provider changes its keys", async () => {
    await using gateway = await startSignOnGateway(provider);
    assertEquals((await signIn(gateway)).status, 200);
    const redirectUris = [`${gateway.origin}/sign-in/oidc/callback`];
    await provider.control({ account: ADA, redirectUris, rotateKeys: true });
    assertEquals((await signIn(gateway)).status, 200);
  });

  await t.step("and sign out there too", async () => {
    await using gateway = await startSignOnGateway(provider);
    const browser = new Browser();
    await signIn(gateway, browser);
    const headers = { origin: gateway.origin };
    const out = await browser.send(new URL("/sign-out", gateway.origin), { method: "POST", headers });
    assertEquals(out.status, 200);
    const further = new URL(out.headers.get("refresh")!.replace(/^0; url=/, ""));
    assertEquals(further.origin, provider.issuer);
    assertEquals(further.searchParams.get("post_logout_redirect_uri"), `${gateway.origin}/sign-in`);
    assert(further.searchParams.has("id_token_hint"));
    await assertSignedOut(gateway, browser);
    assertEquals((await browser.visit(further)).status, 200);
  });

  await t.step("and have to do so again when the provider's settings change", async () => {
    await using gateway = await startSignOnGateway(provider);
    const browser = new Browser();
    assertEquals((await signIn(gateway, browser)).status, 200);
    const text = writeYaml(provider.issuer, "users: [eve]");
    gateway.live.current = (await loadConfig({
      text,
      env: () => undefined,
      overrides: { tls: { mode: "none" } },
    })).config;
    gateway.gateway.applyConfig();
    await assertSignedOut(gateway, browser);
  });

  await t.step("and not at a provider with another issuer", async () => {
    const issuer = provider.issuer.replace("127.0.0.1", "localhost");
    await using gateway = await startSignOnGateway(provider, { issuer });
    const visited = await signIn(gateway);
    assertEquals(visited.status, 502);
    assertMatch(visited.text, /Cannot sign in with the office: its metadata does not match auth.oidc/);
  });
});

Deno.test("while the provider is down, a page says so, and everything else works", async () => {
  const provider = await startProvider();
  await using gateway = await startSignOnGateway(provider);
  const [before, during] = [new Browser(), new Browser()];
  assertEquals((await signIn(gateway, before)).status, 200);
  const answer = await askProvider(gateway, during, await begin(gateway, during));
  await provider[Symbol.asyncDispose]();

  const visited = await during.visit(answer);
  assertEquals(visited.status, 502);
  assertMatch(visited.text, /Cannot sign in with the office: it does not answer/);
  assertNotMatch(visited.text, /127\.0\.0\.1:\d+\/(token|jwks)|ECONNREFUSED|os error/);
  assertEquals((await before.visit(gateway.origin)).status, 200);
  assertEquals((await before.visit(`${gateway.origin}/healthz`)).status, 200);
  const out = { method: "POST", headers: { origin: gateway.origin } };
  assert((await before.send(new URL("/sign-out", gateway.origin), out)).status < 400);
});
