import { createHmac } from "node:crypto";
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import type { Identity } from "../../../src/access/access.ts";
import { createSignedTokenCredential } from "../../../src/access/signed_token.ts";
import type { Config, TokenSigner } from "../../../src/config/config.ts";
import { markToken } from "../../../src/config/source_token.ts";
import { Secret } from "../../../src/config/secret.ts";
import { PortholeError } from "../../../src/errors.ts";
import { makeLineage } from "../../fakes/lineage.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const peer = { address: "10.0.0.1", origin: "https://h", prefix: "", proxied: false, via: "127.0.0.1" };
const shared: TokenSigner = { key: { kind: "secret", secret: new Secret(SECRET) }, role: "control" };

function makeRig(...signers: TokenSigner[]) {
  const auth = { mode: "methods", signers };
  const config = () => ({ auth }) as unknown as Config;
  const lineage = makeLineage({ config });
  const credential = createSignedTokenCredential({ config, lineage });
  return {
    auth,
    credential,
    lineage,
    ask: async (token: string): Promise<Identity | null> => {
      const address = `https://h/below/websockify?token=${encodeURIComponent(token)}`;
      return await credential(new Request(address, { headers: { upgrade: "websocket" } }), peer);
    },
  };
}

const sign = (
  payload: JWTPayload,
  key: Parameters<SignJWT["sign"]>[0] = new TextEncoder().encode(SECRET),
  alg = "HS256",
) => new SignJWT(payload).setProtectedHeader({ alg }).sign(key);
const soon = () => Math.floor(Date.now() / 1000) + 60;

async function assertRefused(asked: Promise<unknown>, words = ""): Promise<void> {
  const error = await assertRejects(() => asked, PortholeError, words);
  assertEquals(error.code, "sign_in_required");
}

Deno.test("a signed token opens the one source that it names", async () => {
  const { ask } = makeRig(shared);
  const identity = await ask(await sign({ source: "pi", role: "view", sub: "kiosk", exp: soon() }));
  assertEquals([identity?.name, identity?.admin, identity?.ambient], ["jwt:kiosk", false, false]);
  assertEquals(identity?.bounds, { sources: ["pi"], role: "view", guest: true, links: false });
});

for (const alg of ["RS256", "ES256"]) {
  Deno.test(`${alg} is verified with the public key`, async () => {
    const pair = await generateKeyPair(alg, { extractable: true });
    const { ask } = makeRig(shared, {
      key: { kind: "public", pem: await exportSPKI(pair.publicKey) },
      role: "control",
    });
    assertEquals((await ask(await sign({ source: "pi", exp: soon() }, pair.privateKey, alg)))?.by, "jwt");
    const other = await generateKeyPair(alg);
    await assertRefused(ask(await sign({ source: "pi", exp: soon() }, other.privateKey, alg)));
  });
}

Deno.test("exp is required and must be in the future, and nbf must be in the past", async () => {
  const { ask } = makeRig(shared);
  const now = Math.floor(Date.now() / 1000);
  await assertRefused(ask(await sign({ source: "pi" })));
  await assertRefused(ask(await sign({ source: "pi", exp: now - 60 })), "expired");
  await assertRefused(ask(await sign({ source: "pi", exp: now + 600, nbf: now + 300 })));
  assert(await ask(await sign({ source: "pi", exp: now + 600, nbf: now - 10 })));
});

Deno.test("a token with a host, without a source, or with an unknown role is refused", async () => {
  const { ask } = makeRig(shared);
  const exp = soon();
  const payloads = [{ exp }, { exp, host: "10.0.0.1", port: 5900 }, { exp, source: "pi", host: "10.0.0.1" }, {
    exp,
    source: 7,
  }];
  for (const payload of [...payloads, { exp, source: "pi", role: "admin" }]) {
    await assertRefused(ask(await sign(payload)));
  }
});

Deno.test("issuer and audience are checked if the signer has them", async () => {
  const { ask } = makeRig({ ...shared, issuer: "portal", audience: "porthole" });
  const exp = soon();
  await assertRefused(ask(await sign({ source: "pi", exp })));
  await assertRefused(ask(await sign({ source: "pi", exp, iss: "portal", aud: "other" })));
  assert(await ask(await sign({ source: "pi", exp, iss: "portal", aud: "porthole" })));
});

Deno.test("alg none, a public key as shared secret, foreign keys and crit are refused", async () => {
  const pair = await generateKeyPair("RS256", { extractable: true });
  const pem = await exportSPKI(pair.publicKey);
  const { ask } = makeRig({ key: { kind: "public", pem }, role: "control" });
  const encode = (value: unknown) =>
    new TextEncoder().encode(JSON.stringify(value)).toBase64({ alphabet: "base64url", omitPadding: true });
  const body = encode({ source: "pi", exp: soon() });
  await assertRefused(ask(`${encode({ alg: "none" })}.${body}.`));
  await assertRefused(ask(`${encode({ alg: "None" })}.${body}.AAAA`));
  await assertRefused(ask(await sign({ source: "pi", exp: soon() }, new TextEncoder().encode(pem))));
  const jwk = { kty: "oct", k: encode("x") };
  for (
    const more of [{ jwk }, { jku: "http://127.0.0.1:1/keys" }, { kid: "../../dev/null" }, {
      x5u: "http://127.0.0.1:1/",
    }]
  ) {
    const token = new SignJWT({ source: "pi", exp: soon() }).setProtectedHeader({ alg: "HS256", ...more });
    await assertRefused(token.sign(new TextEncoder().encode(SECRET)).then(ask));
  }
  await assertRefused(ask(`${encode({ alg: "RS256" })}.${"A".repeat(100_000)}.AAAA`));
});

Deno.test("an extension that must be understood is refused (RFC 7515 section 4.1.11)", async () => {
  const { ask } = makeRig(shared);
  const encode = (text: string) =>
    new TextEncoder().encode(text).toBase64({ alphabet: "base64url", omitPadding: true });
  const signAll = (header: object) => {
    const text = `${encode(JSON.stringify(header))}.${encode(JSON.stringify({ source: "pi", exp: soon() }))}`;
    return `${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`;
  };
  assert(await ask(signAll({ alg: "HS256" })));
  await assertRefused(ask(signAll({ alg: "HS256", crit: ["b64"], b64: false })));
  await assertRefused(ask(signAll({ alg: "HS256", crit: ["other"], other: 1 })));
});

Deno.test("text that does not look like a signed token, or comes on another route, is ignored", async () => {
  const { ask, credential } = makeRig(shared);
  for (const token of ["pi", "a.b.c", "", "eyJ", "my.dotted.name"]) assertEquals(await ask(token), null);
  const token = await sign({ source: "pi", exp: soon() });
  assertEquals(await credential(new Request(`https://h/websockify?token=${token}`), peer), null);
  const other = new Request(`https://h/ws/vnc/pi?token=${token}`, { headers: { upgrade: "websocket" } });
  assertEquals(await credential(other, peer), null);
});

Deno.test("removing a signer ends the sessions that its tokens opened", async () => {
  const rig = makeRig(shared);
  const identity = await rig.ask(await sign({ source: "pi", exp: soon() }));
  assertEquals((await rig.lineage.find(identity!.proof))?.name, "jwt:unnamed");
  rig.auth.signers = [{
    ...shared,
    key: { kind: "secret", secret: new Secret("another secret of at least 32 chars") },
  }];
  assertEquals(await rig.lineage.find(identity!.proof), undefined);
});

Deno.test("the limits of a signer bound its tokens, whatever these ask for", async () => {
  const { ask } = makeRig({ ...shared, sources: ["pi"], role: "view" });
  const asks = [{ source: "pi" }, { source: "pi", role: "control" }, { source: "desk", role: "view" }];
  const bounds = [];
  for (const asked of asks) bounds.push((await ask(await sign({ ...asked, exp: soon() })))?.bounds);
  const view = { role: "view", guest: true, links: false } as const;
  assertEquals(bounds, [{ ...view, sources: ["pi"] }, { ...view, sources: ["pi"] }, { ...view, sources: [] }]);
});

Deno.test("signers may share a key: the one that may open the source counts", async () => {
  const { ask } = makeRig({ ...shared, sources: ["pi"], role: "view" }, { ...shared, issuer: "portal" });
  const sourcesOf = async (payload: JWTPayload) => (await ask(await sign({ ...payload, exp: soon() })))?.bounds;
  assertEquals((await sourcesOf({ source: "desk", iss: "portal" }))?.sources, ["desk"]);
  assertEquals((await sourcesOf({ source: "desk" }))?.sources, []);
});

Deno.test("a signer may be limited to a screen of a token file, by its token or its name", async () => {
  for (const listed of ["some token", markToken("some token").name]) {
    const { ask } = makeRig({ ...shared, sources: [listed] });
    const identity = await ask(await sign({ source: "some token", exp: soon() }));
    assertEquals(identity?.bounds?.sources, ["some token"]);
  }
});

Deno.test("narrower limits of a signer apply to the sessions that its tokens opened", async () => {
  const rig = makeRig(shared);
  const identity = await rig.ask(await sign({ source: "pi", exp: soon() }));
  const boundsNow = async () => (await rig.lineage.find(identity!.proof))?.bounds;
  assertEquals(await boundsNow(), { sources: ["pi"], role: "control", guest: true, links: false });
  rig.auth.signers = [{ ...shared, role: "view" }];
  assertEquals((await boundsNow())?.role, "view");
  rig.auth.signers = [{ ...shared, sources: ["desk"] }];
  assertEquals((await boundsNow())?.sources, []);
});

Deno.test("any modified token is refused with the same error", async () => {
  const { ask } = makeRig(shared);
  const token = await sign({ source: "pi", exp: soon() });
  const spoiled = fc.tuple(fc.nat(token.length - 1), fc.constantFrom(..."AZaz09-_.")).map(([at, letter]) =>
    token.slice(0, at) + letter + token.slice(at + 1)
  );
  await fc.assert(fc.asyncProperty(spoiled, async (text) => {
    const outcome = await ask(text).catch((error) => error);
    if (outcome instanceof Error) assertEquals(outcome instanceof PortholeError && outcome.code, "sign_in_required");
    // The last letter of a signature holds bits that base64url passes over.
    else assert(outcome === null || text.slice(0, -1) === token.slice(0, -1));
  }));
});
