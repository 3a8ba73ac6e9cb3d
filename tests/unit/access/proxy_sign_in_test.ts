import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import * as fc from "fast-check";
import { exportSPKI, type JWTPayload, SignJWT } from "jose";
import type { Peer } from "../../../src/access/peer.ts";
import { createProxyCredential } from "../../../src/access/proxy_sign_in.ts";
import { createProviderFetch } from "../../../src/access/provider_fetch.ts";
import type { Config } from "../../../src/config/config.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { PortholeError } from "../../../src/errors.ts";
import { makeLineage } from "../../fakes/lineage.ts";
import { type KeyServer, listKeys, makeSigner, serveKeys, sign } from "../../fakes/key_server.ts";
import { FOREIGN } from "../../fakes/foreign.ts";

const PROXY: Peer = {
  address: "192.0.2.7",
  origin: "https://vnc.example.net",
  prefix: "",
  proxied: true,
  via: "10.0.0.1",
};
const STRANGER: Peer = { ...PROXY, address: "198.51.100.9", proxied: false };
const ISSUER = "https://team.example.net";
const AUDIENCE = "4714c1358e65fe4b";
const HEADER = "Cf-Access-Jwt-Assertion";

const HEADERS = "headers: { user: Remote-User, groups: Remote-Groups }";
const writeAssertion = (url: string) =>
  `assertion: { header: ${HEADER}, jwks: "${url}", issuer: "${ISSUER}", audience: ${AUDIENCE} }`;

async function load(methods: string): Promise<Config> {
  const text =
    `gateway: { trusted_proxies: [10.0.0.0/8] }\nauth: { proxy: { ${methods} } }\nsources: { pi: 192.0.2.1 }\n`;
  return (await loadConfig({ text, env: () => undefined })).config;
}

/** A credential with a clock and a configuration that a test moves. */
async function makeRig(methods: string, options: { timeoutMs?: number; maxBytes?: number } = {}) {
  const rig = { config: await load(methods), nowMs: Date.now(), warnings: [] as string[] };
  const lineage = makeLineage({ config: () => rig.config, now: () => rig.nowMs });
  const credential = createProxyCredential({
    config: () => rig.config,
    lineage,
    warn: (message, fields) => rig.warnings.push(`${message} ${JSON.stringify(fields)}`),
    fetch: createProviderFetch(options),
    keysRestMs: 0,
    now: () => rig.nowMs,
  });
  const ask = async (headers: Record<string, string>, peer: Peer = PROXY) =>
    await credential(new Request("https://vnc.example.net/", { headers }), peer);
  return { ...rig, rig, ask, lineage };
}

const payloadNow = (more: JWTPayload = {}): JWTPayload => {
  const at = Math.floor(Date.now() / 1000);
  return { iss: ISSUER, aud: [AUDIENCE], iat: at, exp: at + 60, email: "ada@example.net", ...more };
};

async function refusal(asked: Promise<unknown>): Promise<PortholeError> {
  return await assertRejects(() => asked, PortholeError);
}

Deno.test("the headers of a trusted proxy name the user and the groups", async () => {
  const { ask } = await makeRig(HEADERS);
  const ada = await ask({ "Remote-User": "ada", "Remote-Groups": "makers, admins,," });
  assertEquals([ada?.name, ada?.groups, ada?.admin, ada?.by], ["ada", ["makers", "admins"], true, "proxy"]);
  assert(ada?.ambient, "browsers send the proxy's cookie by themselves");
  assertEquals((await ask({ "Remote-User": "eve" }))?.admin, false);
  assertEquals(await ask({ "Remote-User": "" }), null);
  assertEquals(await ask({ "Remote-Groups": "admins" }), null);
});

Deno.test("the same headers from anyone else are ignored, and logged once a minute per address", async () => {
  const { ask, rig } = await makeRig(HEADERS);
  const forged = { "Remote-User": "ada", "Remote-Groups": "admins" };
  for (let tries = 0; tries < 5; tries++) assertEquals(await ask(forged, STRANGER), null);
  assertEquals(rig.warnings.length, 1);
  assertStringIncludes(rig.warnings[0]!, STRANGER.address);
  await ask(forged, { ...STRANGER, address: "198.51.100.10" });
  assertEquals(rig.warnings.length, 2);
  rig.nowMs += 61_000;
  await ask(forged, STRANGER);
  assertEquals(rig.warnings.length, 3);
});

Deno.test("a proxy cannot sign anyone in as a token, a link, a group or several users", async () => {
  const { ask } = await makeRig(HEADERS);
  for (const name of ["token:ci", "link:x", "group:admins", "ada, eve", "-", "<b>", "a".repeat(65)]) {
    assertEquals((await refusal(ask({ "Remote-User": name }))).code, "sign_in_required", name);
  }
});

Deno.test("headers without trusted_proxies are a configuration error", async () => {
  const text = `auth: { proxy: { ${HEADERS} } }\nsources: { pi: 192.0.2.1 }\n`;
  await assertRejects(() => loadConfig({ text, env: () => undefined }), Error, "trusted_proxies");
});

Deno.test("an open session continues until the absolute limit, or until the method changes", async () => {
  const { ask, rig, lineage } = await makeRig(HEADERS);
  const ada = await ask({ "Remote-User": "ada" });
  const hasEnded = async () => await lineage.find(ada!.proof) === undefined;
  assertEquals(await hasEnded(), false);
  const before = rig.config;
  rig.config = await load("headers: { user: X-Forwarded-User }");
  assertEquals(await hasEnded(), true);
  rig.config = before;
  assertEquals(await hasEnded(), false);
  rig.nowMs += 7 * 24 * 3_600_000;
  assertEquals(await hasEnded(), true);
});

for (const alg of ["ES256", "RS256", "EdDSA"]) {
  Deno.test(`an assertion that is signed with ${alg} is accepted from any address`, async () => {
    const signer = await makeSigner("one", alg);
    await using server = serveKeys(signer);
    const { ask } = await makeRig(writeAssertion(server.url));
    const token = await sign(signer, payloadNow({ groups: ["admins"] }));
    for (const peer of [PROXY, STRANGER]) {
      const ada = await ask({ [HEADER]: token }, peer);
      assertEquals([ada?.name, ada?.groups, ada?.admin], ["ada@example.net", ["admins"], true]);
    }
    assertEquals(server.asked, 1);
    assertEquals(await ask({}), null);
  });
}

const encode = (value: unknown) =>
  new TextEncoder().encode(JSON.stringify(value)).toBase64({ alphabet: "base64url", omitPadding: true });

const signer = await makeSigner("one");
const other = await makeSigner("one");
const at = () => Math.floor(Date.now() / 1000);

/** Tokens that must not count, by what is wrong with them. */
const WRONG: Record<string, () => Promise<string> | string> = {
  "no signature (alg none)": () => `${encode({ alg: "none", kid: "one" })}.${encode(payloadNow())}.`,
  "no signature under an honest header": () => `${encode({ alg: "ES256", kid: "one" })}.${encode(payloadNow())}.`,
  "the public key as a shared secret (HS256)": async () => {
    const pem = await exportSPKI(signer.publicKey);
    const secret = new TextEncoder().encode(pem);
    return await new SignJWT(payloadNow()).setProtectedHeader({ alg: "HS256", kid: "one" }).sign(secret);
  },
  "another key under the same id": () => sign(other, payloadNow()),
  "an unknown key id": () => sign(signer, payloadNow(), { kid: "two" }),
  "a key id that is a path": () => sign(signer, payloadNow(), { kid: "../../etc/passwd" }),
  "a key id that is no text": () => sign(signer, payloadNow(), { kid: { toString: "one" } }),
  "a key that it brings itself": () => sign(other, payloadNow(), { jwk: other.jwk, kid: undefined }),
  "an address for keys of its own": () => sign(other, payloadNow(), { jku: "http://127.0.0.1:1/keys", kid: "x" }),
  "an extension that must be understood": () =>
    new SignJWT(payloadNow()).setProtectedHeader({ alg: "ES256", kid: "one", crit: ["porthole"], porthole: 1 })
      .sign(signer.key, { crit: { porthole: true } }),
  "the wrong kind of key": async () => await sign(await makeSigner("one", "RS256"), payloadNow()),
  "another audience": () => sign(signer, payloadNow({ aud: "somebody else" })),
  "no audience": () => sign(signer, payloadNow({ aud: [] })),
  "another issuer": () => sign(signer, payloadNow({ iss: `${ISSUER}.evil.example` })),
  "an end in the past": () => sign(signer, payloadNow({ exp: at() - 31 })),
  "no end": () => sign(signer, { ...payloadNow(), exp: undefined } as never),
  "an end that is no number": () => sign(signer, payloadNow({ exp: "never" as never })),
  "a begin in the future": () => sign(signer, payloadNow({ nbf: at() + 120 })),
  "a body that was changed": async () => {
    const [header, , signature] = (await sign(signer, payloadNow())).split(".");
    return `${header}.${encode(payloadNow({ email: "eve@example.net" }))}.${signature}`;
  },
  "far too much in it": () => sign(signer, payloadNow({ more: "x".repeat(20_000) })),
  "nothing of a token": () => "not a token",
};

for (const [what, make] of Object.entries(WRONG)) {
  Deno.test(`an assertion with ${what} is refused and logged`, async () => {
    await using server = serveKeys(signer);
    const { ask, rig } = await makeRig(writeAssertion(server.url));
    const { code, message } = await refusal(ask({ [HEADER]: await make() }));
    assertEquals(code, "sign_in_required");
    assertStringIncludes(message, "Cannot verify the proxy's assertion");
    assertEquals(rig.warnings.length, 1);
  });
}

for (const skewS of [-25, 25]) {
  Deno.test(`a proxy's clock may be ${skewS} s off`, async () => {
    await using server = serveKeys(signer);
    const { ask } = await makeRig(writeAssertion(server.url));
    const begin = at() + skewS;
    const token = await sign(signer, payloadNow({ iat: begin, nbf: begin, exp: begin + 1 }));
    assertEquals((await ask({ [HEADER]: token }))?.name, "ada@example.net");
  });
}

Deno.test("an assertion without a valid name is refused", async () => {
  await using server = serveKeys(signer);
  const { ask } = await makeRig(writeAssertion(server.url));
  for (const email of [undefined, 7, "", "group:admins", ["ada"]]) {
    assertEquals((await refusal(ask({ [HEADER]: await sign(signer, payloadNow({ email })) }))).code, "not_allowed");
  }
  const unverified = await sign(signer, payloadNow({ email_verified: false }));
  assertEquals((await refusal(ask({ [HEADER]: unverified }))).code, "not_allowed");
});

Deno.test("an unknown key id makes the gateway fetch the keys again", async () => {
  const next = await makeSigner("two");
  await using server = serveKeys(signer);
  const { ask } = await makeRig(writeAssertion(server.url));
  await ask({ [HEADER]: await sign(signer, payloadNow()) });
  server.answer = () => listKeys(next);
  assertEquals((await ask({ [HEADER]: await sign(next, payloadNow()) }))?.name, "ada@example.net");
  assertEquals((await refusal(ask({ [HEADER]: await sign(signer, payloadNow()) }))).code, "sign_in_required");
});

const BAD_ANSWERS: Record<string, (server: KeyServer) => void> = {
  "fails": (server) => server.answer = () => new Response("no", { status: 503 }),
  "never answers": (server) => server.answer = () => new Promise(() => {}),
  "sends without end": (server) =>
    server.answer = () => new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(65_536)) })),
};
for (const [what, spoil] of Object.entries(BAD_ANSWERS)) {
  Deno.test(`a key server that ${what} is reported, and asked again for the next request`, async () => {
    await using server = serveKeys(signer);
    spoil(server);
    const { ask } = await makeRig(writeAssertion(server.url), { timeoutMs: 300 });
    const token = await sign(signer, payloadNow());
    assertEquals((await refusal(ask({ [HEADER]: token }))).code, "provider_unreachable");
    server.answer = () => listKeys(signer);
    assertEquals((await ask({ [HEADER]: token }))?.name, "ada@example.net");
  });
}

Deno.test("redirects of a key server are not followed", async () => {
  await using elsewhere = serveKeys(other);
  await using server = serveKeys();
  server.answer = () => Response.redirect(elsewhere.url);
  const { ask } = await makeRig(writeAssertion(server.url));
  assertEquals((await refusal(ask({ [HEADER]: await sign(other, payloadNow()) }))).code, "sign_in_required");
  assertEquals(elsewhere.asked, 0);
});

Deno.test("any content of the headers gives no identity or a typed refusal", async () => {
  await using server = serveKeys(signer);
  const { ask } = await makeRig(`${HEADERS}, ${writeAssertion(server.url)}`);
  const real = await sign(signer, payloadNow());
  const printable = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) });
  const mangled = fc.tuple(fc.nat(real.length - 1), printable).map(([cut, more]) => real.slice(0, cut) + more);
  const tokens = fc.oneof(
    printable,
    mangled,
    fc.tuple(fc.json(), fc.json()).map(([a, b]) => `${encode(a)}.${encode(b)}.`),
  );
  await fc.assert(
    fc.asyncProperty(tokens, printable, fc.boolean(), async (token, name, proxied) => {
      // The last character of a signature has spare bits, so another one may stand for the same bytes.
      if (token.startsWith(real.slice(0, -1))) return;
      const asked = ask({ ...(token && { [HEADER]: token }), "Remote-User": name }, proxied ? PROXY : STRANGER);
      const outcome = await asked.catch((thrown) => thrown);
      if (outcome instanceof PortholeError) return;
      assert(token === "" && (outcome === null || (proxied && outcome.name === name)), String(outcome));
    }),
    FOREIGN,
  );
});
