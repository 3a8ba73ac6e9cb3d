import { assertEquals, assertRejects } from "@std/assert";
import { decideRole, type Identity, type Role } from "../../../src/access/access.ts";
import { createBearerCredential } from "../../../src/access/bearer.ts";
import { markHash } from "../../../src/access/marks.ts";
import { hashToken } from "../../../src/access/opaque_token.ts";
import { TokenGuesses } from "../../../src/access/token_guesses.ts";
import type { Peer } from "../../../src/access/peer.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { PortholeError } from "../../../src/errors.ts";
import { makeLineage } from "../../fakes/lineage.ts";
import { NO_LIMIT } from "../../fakes/no_limit.ts";

/** The token of each name, and its further settings. */
const TOKENS: Readonly<Record<string, string>> = {
  viewer: "scopes: [view]",
  controller: "scopes: [control]",
  sharer: "scopes: [view, links]",
  meter: "scopes: [metrics]",
  admin: "scopes: [admin]",
  "listed-admin": "scopes: [view]",
  staff: "scopes: [control], groups: [staff]",
  narrow: "scopes: [control], sources: [other]",
  "narrow-admin": "scopes: [admin], sources: [other]",
  short: "scopes: [control], expires: 2026-06-01",
};

const YAML = `auth:
  login_link: LINK
  admins: ["token:listed-admin"]
  tokens:
${
  Object.entries(TOKENS).map(([name, rest]) =>
    `    - { name: ${name}, hash: "sha256:${hashToken(`secret of ${name}`.replaceAll(" ", "-"))}", ${rest} }`
  ).join("\n")
}
sources: { open: 127.0.0.1:1, other: 127.0.0.1:1, closed: { host: 127.0.0.1, allow: ["group:staff", "token:narrow"] } }
`;

const secretOf = (name: string) => `secret-of-${name}`;

async function makeRig({ loginLink = false } = {}) {
  const text = YAML.replace("LINK", String(loginLink));
  const { config } = await loadConfig({ text, env: () => undefined });
  const clock = { ms: Date.parse("2026-05-31T00:00:00Z") };
  const loginMark = markHash(hashToken("login"));
  const lineage = makeLineage({ config: () => config, now: () => clock.ms, loginMark });
  const credential = createBearerCredential({
    config: () => config,
    lineage,
    isLoginToken: (token) => Promise.resolve(token === "login"),
    guesses: new TokenGuesses(NO_LIMIT),
  });
  const ask = async (headers: Record<string, string>) =>
    await credential(new Request("http://gateway/", { headers }), { address: "10.0.0.1" } as Peer);
  const identify = async (name: string) => (await ask({ Authorization: `Bearer ${secretOf(name)}` }))!;
  const describe = ({ admin, bounds, ...rest }: Identity) => ({
    roles: [...config.sources.values()].map((source) =>
      decideRole({ admin, ...rest, ...(bounds && { bounds }) }, source)
    ),
    admin,
    links: bounds?.links,
    metrics: bounds?.metrics,
  });
  return { ask, clock, lineage, identify, describe: async (name: string) => describe(await identify(name)) };
}

// deno-fmt-ignore
const EXPECTED: Readonly<Record<string, [roles: (Role | null)[], admin: boolean, links: boolean, metrics: boolean]>> = {
  //                open       other      closed
  viewer:         [["view",    "view",    null],      false, false, false],
  controller:     [["control", "control", null],      false, false, false],
  sharer:         [["view",    "view",    null],      false, true,  false],
  meter:          [[null,      null,      null],      false, false, true],
  admin:          [["control", "control", "control"], true,  true,  false],
  "listed-admin": [["control", "control", "control"], true,  true,  false],
  staff:          [["control", "control", "control"], false, false, false],
  narrow:         [[null,      "control", null],      false, false, false],
  "narrow-admin": [[null,      "control", null],      true,  true,  false],
  short:          [["control", "control", null],      false, false, false],
};

for (const [name, [roles, admin, links, metrics]] of Object.entries(EXPECTED)) {
  Deno.test(`a token opens, shares and measures what its entry says: ${TOKENS[name]} (${name})`, async () => {
    const { describe } = await makeRig();
    assertEquals(await describe(name), { roles, admin, links, metrics });
  });
}

Deno.test("an invalid token is refused, even beside a cookie", async () => {
  const { ask } = await makeRig();
  for (const token of ["nonsense", "login", secretOf("viewer").toUpperCase()]) {
    const headers = { Authorization: `Bearer ${token}`, Cookie: "porthole=valid" };
    const { code } = await assertRejects(() => ask(headers), PortholeError);
    assertEquals(code, "sign_in_required");
  }
});

Deno.test("a token expires, and sessions that it opened end", async () => {
  const { ask, clock, identify, lineage } = await makeRig();
  const { proof } = await identify("short");
  assertEquals((await lineage.find(proof))?.name, "token:short");
  clock.ms = Date.parse("2026-06-02T00:00:00Z");
  assertEquals(await lineage.find(proof), undefined);
  await assertRejects(() => ask({ Authorization: `Bearer ${secretOf("short")}` }), PortholeError);
});

Deno.test("a token comes in a header or in a subprotocol; other authorization is none of its business", async () => {
  const { ask } = await makeRig();
  const protocol = { "Sec-WebSocket-Protocol": `binary, porthole.token.${secretOf("viewer")}` };
  assertEquals((await ask(protocol))?.name, "token:viewer");
  assertEquals((await ask({ Authorization: `bearer  ${secretOf("viewer")}` }))?.name, "token:viewer");
  for (const headers of [{}, { Authorization: "Basic YTpi" }, { "Sec-WebSocket-Protocol": "binary" }]) {
    assertEquals(await ask(headers), null);
  }
});

Deno.test("the token of the login link is its owner's, where the configuration allows the link", async () => {
  const { ask } = await makeRig({ loginLink: true });
  const owner = await ask({ Authorization: "Bearer login" });
  assertEquals([owner?.name, owner?.admin, owner?.ambient], ["owner", true, false]);
});
