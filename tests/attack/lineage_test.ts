/** What was derived from a credential ends with it, at any depth: the session, the share link, its guest, the guest's session. */
import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { SignJWT } from "jose";
import { openLoginLink } from "../../src/access/login_link.ts";
import { markHash, markProvider } from "../../src/access/marks.ts";
import { findProvider } from "../../src/access/oidc.ts";
import { hashToken } from "../../src/access/opaque_token.ts";
import { SOME_HASH } from "../fakes/callers.ts";
import { type EditableGateway, startEditable } from "../fakes/editable_gateway.ts";
import { sendRaw } from "../fakes/raw_http.ts";
import { openViewer, type TestViewer } from "../fakes/web_viewer.ts";

const SIGNER = "0123456789abcdef0123456789abcdef";
const YAML = `
gateway: { trusted_proxies: [127.0.0.1] }
auth:
  login_link: true
  users: { ada: { password: "${SOME_HASH}" }, root: { password: "${SOME_HASH}", groups: [admins] } }
  tokens:
    - { name: ci, hash: "sha256:${hashToken("ci")}", scopes: [control, links] }
    - { name: short, hash: "sha256:${hashToken("short")}", scopes: [control, links], expires: 2099-01-01 }
  jwt: [{ secret: ${SIGNER} }]
  oidc: { issuer: "http://127.0.0.1:1", client_id: porthole }
  proxy: { headers: { user: X-User } }
limits: { sign_ins_per_minute: 1000, connects_per_minute: 1000 }
sources:
  pi: { demo: true, allow: [ada, olga, pat, "token:ci", "token:short"], view: [nobody] }
`;

type Headers = Readonly<Record<string, string>>;
type Rig = Awaited<ReturnType<typeof startRig>>;

/** How each kind of creator identifies itself. */
const CREATORS: Readonly<Record<string, (rig: Rig) => Headers>> = {
  "a user": asCookie("ada"),
  "a user of a provider": asCookie("olga"),
  "the owner": asCookie("owner"),
  "a user of a proxy": ({ origin }) => ({ "X-User": "pat", Origin: origin }),
  "a token": () => ({ Authorization: "Bearer ci" }),
  "a token that expires": () => ({ Authorization: "Bearer short" }),
};

function asCookie(name: string) {
  return ({ origin }: { origin: string }) => ({ Cookie: `porthole=${name}`, Origin: origin });
}

const DAY_MS = 86_400_000;
type Change = (rig: Rig) => unknown;
const replace = (what: string | RegExp, by: string): Change => ({ edit }) =>
  edit((yaml) => {
    const edited = yaml.replace(what, by);
    assertNotEquals(edited, yaml, `${what}`);
    return edited;
  });
const demote = (name: string): Change => ({ edit }) =>
  edit((yaml) => yaml.replace(`${name}, `, "").replace("view: [nobody]", `view: [${name}]`));
const wait = (days: number): Change => ({ clock }) => void (clock.aheadMs += days * DAY_MS);
/** So that not every row has to wait for the next check, two seconds later. */
const waitAndCheck = (days: number): Change => (rig) => (wait(days)(rig), rig.gateway.registry.endUnpermitted());
const endSignIn = (name: string): Change => (rig) => rig.end(name);

/** Each change, the close code of the creator's own session, and whether its links and guests end, too. */
const CHANGES: Readonly<Record<string, readonly [change: string, act: Change, own: number, links: "end" | "stay"][]>> =
  {
    "a user": [
      ["is removed", replace(/ada: \{[^}]*\}, /, ""), 4401, "end"],
      ["gets a new password", replace(SOME_HASH, SOME_HASH.replace("AAAA", "AAAB")), 4401, "end"],
      ["may no longer open the screen", replace("[ada, ", "["), 4403, "end"],
      ["may only view the screen", demote("ada"), 4403, "end"],
      ["signs out", endSignIn("ada"), 4401, "stay"],
    ],
    "a user of a provider": [
      ["is no longer admitted", replace("client_id: porthole", "client_id: porthole, users: [eve]"), 4401, "end"],
      ["loses the provider", replace(/ {2}oidc:.*\n/, ""), 4401, "end"],
      ["may only view the screen", demote("olga"), 4403, "end"],
      ["has to sign in again after the absolute limit", waitAndCheck(7), 4401, "end"],
      ["signs out", endSignIn("olga"), 4401, "stay"],
    ],
    "the owner": [
      ["makes a new login link", ({ renewLoginLink }) => renewLoginLink(), 4401, "end"],
      ["turns the login link off", replace("login_link: true", "login_link: false"), 4401, "end"],
      ["signs out", endSignIn("owner"), 4401, "stay"],
    ],
    "a user of a proxy": [
      ["comes by another header", replace("user: X-User", "user: X-Person"), 4401, "end"],
      ["came by a proxy that is no longer trusted", replace("[127.0.0.1]", "[10.0.0.1]"), 4401, "end"],
      ["may no longer open the screen", replace("pat, ", ""), 4403, "end"],
      ["has to come again after the absolute limit", waitAndCheck(7), 4401, "end"],
    ],
    "a token": [
      ["is removed", replace(/ {4}- \{ name: ci.*\n/, ""), 4401, "end"],
      ["gets another secret", replace(hashToken("ci"), hashToken("another")), 4401, "end"],
      ["may only view", replace("[control, links] }", "[view, links] }"), 4403, "end"],
      [
        "is limited to other screens",
        replace("[control, links] }", "[control, links], sources: [desk] }"),
        4403,
        "end",
      ],
      ["may no longer share", replace("[control, links] }", "[control] }"), 0, "end"],
    ],
    "a token that expires": [
      ["expires as its entry said", wait(80 * 365), 4401, "end"],
      ["expires earlier than its entry said", replace("2099-01-01", "2020-01-01"), 4401, "end"],
    ],
  };

/** A gateway where every creator has signed in. */
async function startRig() {
  const rig = await startEditable(() => YAML);
  const { signIns } = rig.stores;
  const loginLink = openLoginLink(rig.allStores);
  await loginLink.renew();
  const begin = async (name: string, by: "password" | "login_link" | "oidc", of: string | undefined) => {
    const id = hashToken(name);
    const times = { createdMs: Date.now(), lastUsedMs: Date.now() + 3_650 * DAY_MS };
    await signIns.put(id, { id, name, by, of: of!, ...times, address: "127.0.0.1", userAgent: "test" });
  };
  await begin("ada", "password", markHash(SOME_HASH));
  await begin("root", "password", markHash(SOME_HASH));
  await begin("olga", "oidc", markProvider(findProvider(rig.live.current)!));
  await begin("owner", "login_link", await loginLink.mark());
  return {
    ...rig,
    renewLoginLink: () => loginLink.renew(),
    end: (name: string) => sendRaw(rig.port, { method: "POST", path: "/sign-out", headers: asCookie(name)(rig) }),
  };
}

async function makeLink({ port }: Rig, headers: Headers, role: "view" | "control"): Promise<string> {
  const body = JSON.stringify({ role, expires: "6d" });
  const made = await sendRaw(port, { method: "POST", path: "/api/sources/pi/links", headers, body });
  assertEquals(made.status, 201, made.body);
  return new URL(JSON.parse(made.body).url).hash.slice(1);
}

async function openLink({ port, origin }: Rig, secret: string) {
  const headers = { Origin: origin, "Content-Type": "application/x-www-form-urlencoded" };
  const { status, headers: answered } = await sendRaw(port, {
    method: "POST",
    path: "/share",
    headers,
    body: `secret=${secret}`,
  });
  return { status, cookie: answered.get("set-cookie")?.split(";")[0] ?? "" };
}

async function openSession(rig: EditableGateway, headers: Headers, path = "/ws/vnc/pi"): Promise<TestViewer> {
  const viewer = openViewer(rig.wsOrigin + path, ["porthole.v1"], { ...headers });
  await viewer.until(({ byteCount }) => byteCount > 0);
  return viewer;
}

/** The goodbye of a session, which comes without any further request. */
async function readEnd(viewer: TestViewer) {
  await viewer.closed;
  const goodbye = viewer.side.find(({ type }) => type === "goodbye");
  return { close: goodbye?.close, message: String(goodbye?.message) };
}

for (const [creator, changes] of Object.entries(CHANGES)) {
  for (const [change, act, own, links] of changes) {
    Deno.test(`${creator} ${change}: its session ${own ? "ends" : "stays"}, its links and their guests ${links}`, async () => {
      await using stack = new AsyncDisposableStack();
      const rig = stack.use(await startRig());
      const headers = CREATORS[creator]!(rig);
      const secret = await makeLink(rig, headers, "control");
      const guest = { Cookie: (await openLink(rig, secret)).cookie, Origin: rig.origin };
      const session = stack.use(await openSession(rig, headers));
      const guestSession = stack.use(await openSession(rig, guest));

      await act(rig);
      if (own) assertEquals((await readEnd(session)).close, own);
      if (links === "end") {
        const { close, message } = await readEnd(guestSession);
        assertEquals(close, 4403);
        assertStringIncludes(message, "link");
      }
      const list = await sendRaw(rig.port, { path: "/api/sources", headers: guest });
      assertEquals([list.status, (await openLink(rig, secret)).status], links === "end" ? [401, 401] : [200, 303]);
      assertEquals(rig.gateway.registry.size, Number(own === 0) + Number(links === "stay"));
    });
  }
}

Deno.test("a link to view stays while its creator may only view", async () => {
  await using stack = new AsyncDisposableStack();
  const rig = stack.use(await startRig());
  const secret = await makeLink(rig, CREATORS["a token"]!(rig), "view");
  const guest = { Cookie: (await openLink(rig, secret)).cookie, Origin: rig.origin };
  const session = stack.use(await openSession(rig, guest));
  await replace("[control, links] }", "[view, links] }")(rig);
  await rig.gateway.applyConfig();
  assertEquals([session.socket.readyState, (await openLink(rig, secret)).status], [WebSocket.OPEN, 303]);
});

Deno.test("a link expires no later than the token that made it, and says so", async () => {
  await using rig = await startRig();
  await rig.edit((yaml) => yaml.replace("2099-01-01", new Date(Date.now() + DAY_MS).toISOString()));
  const headers = CREATORS["a token that expires"]!(rig);
  const body = JSON.stringify({ expires: "7d" });
  const made = await sendRaw(rig.port, { method: "POST", path: "/api/sources/pi/links", headers, body });
  const { created, expires } = JSON.parse(made.body);
  assertEquals(Math.round((Date.parse(expires) - Date.parse(created)) / DAY_MS), 1);
});

Deno.test("a session of a signed token ends with its signer, not with exp, which limits only its opening", async () => {
  const token = await new SignJWT({ source: "pi" }).setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h").sign(new TextEncoder().encode(SIGNER));
  for (const change of [/ {2}jwt:.*\n/, SIGNER]) {
    await using rig = await startRig();
    await using session = await openSession(rig, {}, `/websockify?token=${token}`);
    rig.clock.aheadMs += 2 * 3_600_000;
    await rig.gateway.applyConfig();
    assertEquals(session.socket.readyState, WebSocket.OPEN);
    await replace(change, change === SIGNER ? SIGNER.replace("0", "f") : "")(rig);
    assertEquals((await readEnd(session)).close, 4401);
  }
});

Deno.test("a link that an earlier version stored ends with its creator's name, or now if it says too little", async () => {
  await using rig = await startRig();
  const times = { createdMs: Date.now(), expiresMs: Date.now() + DAY_MS };
  const rows: [createdBy: string, byUser: boolean, before: number][] = [
    ["token:ci", false, 303],
    ["ada", true, 303],
    ["owner", false, 303],
    ["olga", false, 401],
    ["pat", false, 401],
    ["anybody", false, 401],
  ];
  const store = (createdBy: string, byUser: boolean) => {
    const hash = hashToken(createdBy);
    const id = hash.slice(0, 16);
    const link = { id, hash, source: "pi", role: "view", label: "", createdBy, byUser, usesLeft: null } as const;
    return rig.stores.links.put(id, { ...link, ...times });
  };
  for (const [createdBy, byUser] of rows) await store(createdBy, byUser);
  for (const [name, , before] of rows) assertEquals((await openLink(rig, name)).status, before, name);
  await rig.edit((yaml) => yaml.replace(/ {4}- .*\n/g, "").replace("tokens:", "").replace(/ada: \{[^}]*\}, /, ""));
  assertEquals([(await openLink(rig, "token:ci")).status, (await openLink(rig, "ada")).status], [401, 401]);
});
