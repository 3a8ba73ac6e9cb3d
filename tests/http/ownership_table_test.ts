/** Whose sessions, signed-in browsers and share links each kind of caller sees and ends, and what it can share. */
import { assertEquals } from "@std/assert";
import { SignJWT } from "jose";
import type { Method } from "../../src/access/access.ts";
import { openLoginLink } from "../../src/access/login_link.ts";
import { markHash, markProvider } from "../../src/access/marks.ts";
import { findProvider } from "../../src/access/oidc.ts";
import { hashToken } from "../../src/access/opaque_token.ts";
import type { SignIn } from "../../src/access/sign_ins.ts";
import { openAccessStores } from "../../src/access/stores.ts";
import { createMemoryStores } from "../../src/store/memory_stores.ts";
import { SOME_HASH } from "../fakes/callers.ts";
import { startGateway } from "../fakes/gateway.ts";
import { sendRaw } from "../fakes/raw_http.ts";
import { listenPatiently } from "../fakes/tcp_source.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { openViewer } from "../fakes/web_viewer.ts";

const SIGNER = "0123456789abcdef0123456789abcdef";
const LINKS = { view: "1".repeat(16), control: "2".repeat(16) };

/** The sign-in of each caller who has a cookie. */
const SIGN_INS: Readonly<Record<string, Pick<SignIn, "name" | "by"> & { of?: string }>> = {
  ada: { name: "ada", by: "password" },
  "ada elsewhere": { name: "ada", by: "password" },
  "ada of oidc": { name: "ada", by: "oidc" },
  bob: { name: "bob", by: "password" },
  "view-only vic": { name: "vic", by: "password" },
  guest: { name: `link:${LINKS.view}`, by: "share_link", of: LINKS.view },
  "second guest": { name: `link:${LINKS.view}`, by: "share_link", of: LINKS.view },
  "guest in control": { name: `link:${LINKS.control}`, by: "share_link", of: LINKS.control },
  "admin root": { name: "root", by: "password" },
  owner: { name: "owner", by: "login_link" },
};

/** The scopes of each caller who has a token. */
const TOKENS: Readonly<Record<string, string>> = {
  "control token": "control",
  "token that shares": "control, links",
  "token that shares views": "view, links",
  "metrics token": "metrics",
  "admin token": "admin",
};

/** The user whom the proxy names for each caller who comes through it. */
const PROXIED: Readonly<Record<string, string>> = { "pat of the proxy": "pat", "ada of the proxy": "ada" };

/** The names of the links, and who made each, by which sign-in method. */
const MADE: Readonly<Record<string, readonly [name: string, by: Method]>> = {
  "ada's": ["ada", "password"],
  "bob's": ["bob", "password"],
  "vic's": ["vic", "password"],
  "pat's": ["pat", "proxy"],
  "the token's": ["token:token-that-shares", "token"],
  "the owner's": ["owner", "login_link"],
  view: ["root", "password"],
  control: ["root", "password"],
};

const ADAS = ["ada", "ada elsewhere", "ada of oidc", "ada of the proxy"];
const ALL = "all";
type Things = readonly string[] | typeof ALL;

interface Row {
  readonly sessions: Things;
  readonly signIns: Things;
  readonly links: Things;
  /** The roles in which it can share the source. */
  readonly shares: readonly string[];
}

const NOTHING = { sessions: [], signIns: [], links: [], shares: [] };
const EVERYTHING: Row = { sessions: ALL, signIns: ALL, links: ALL, shares: ["view", "control"] };
const CONTROL = ["view", "control"];

// deno-fmt-ignore
const TABLE: Readonly<Record<string, Row>> = {
  nobody:                    NOTHING,
  ada:                       { sessions: ADAS, signIns: ["ada", "ada elsewhere"], links: ["ada's"], shares: CONTROL },
  "ada elsewhere":           { sessions: ADAS, signIns: ["ada", "ada elsewhere"], links: ["ada's"], shares: CONTROL },
  "ada of oidc":             { sessions: ADAS, signIns: ["ada of oidc"], links: ["ada's"], shares: CONTROL },
  "ada of the proxy":        { sessions: ADAS, signIns: [], links: ["ada's"], shares: CONTROL },
  bob:                       { sessions: ["bob"], signIns: ["bob"], links: ["bob's"], shares: CONTROL },
  "view-only vic":           { sessions: ["view-only vic"], signIns: ["view-only vic"], links: ["vic's"], shares: ["view"] },
  "pat of the proxy":        { sessions: ["pat of the proxy"], signIns: [], links: ["pat's"], shares: CONTROL },
  guest:                     { ...NOTHING, sessions: ["guest"], signIns: ["guest"] },
  "second guest":            { ...NOTHING, sessions: ["second guest"], signIns: ["second guest"] },
  "guest in control":        { ...NOTHING, sessions: ["guest in control"], signIns: ["guest in control"] },
  "control token":           { ...NOTHING, sessions: ["control token"] },
  "token that shares":       { ...NOTHING, sessions: ["token that shares"], links: ["the token's"], shares: CONTROL },
  "token that shares views": { ...NOTHING, sessions: ["token that shares views"], shares: ["view"] },
  "metrics token":           NOTHING,
  "signed token":            NOTHING,
  "admin root":              EVERYTHING,
  "admin token":             EVERYTHING,
  owner:                     EVERYTHING,
};

const cookieOf = (caller: string) => `cookie of ${caller}`.replaceAll(" ", "-");
const tokenOf = (caller: string) => caller.replaceAll(" ", "-");

function writeYaml(port: number): string {
  const users = ["ada", "bob", "vic"].map((name) => `    ${name}: { password: "${SOME_HASH}" }`);
  const tokens = Object.entries(TOKENS).map(([caller, scopes]) =>
    `    - { name: ${tokenOf(caller)}, hash: "sha256:${hashToken(tokenOf(caller))}", scopes: [${scopes}] }`
  );
  return [
    "gateway: { trusted_proxies: [127.0.0.1] }",
    "auth:",
    "  login_link: true",
    "  users:",
    ...users,
    `    root: { password: "${SOME_HASH}", groups: [admins] }`,
    "  tokens:",
    ...tokens,
    `  jwt: [{ secret: ${SIGNER} }]`,
    "  proxy: { headers: { user: X-User } }",
    "  oidc: { issuer: http://127.0.0.1:1, client_id: porthole }",
    "limits: { connects_per_minute: 1000, per_address: 100, per_source: 100, per_user: 100, handshakes: 100 }",
    `sources: { desk: { host: 127.0.0.1, port: ${port}, view: [vic] } }`,
  ].join("\n");
}

async function startRig() {
  const source = listenPatiently();
  const stores = createMemoryStores();
  const gateway = await startGateway(writeYaml(source.port), { stores });
  const kept = openAccessStores(stores);
  const [createdMs, lastUsedMs] = [Date.now(), Date.now()];
  const marks: Record<string, string> = {
    password: markHash(SOME_HASH),
    oidc: markProvider(findProvider(gateway.live.current)!),
  };
  for (const [caller, { name, by, of = marks[by] }] of Object.entries(SIGN_INS)) {
    const id = hashToken(cookieOf(caller));
    const details = { createdMs, lastUsedMs, address: "127.0.0.1", userAgent: "test", ...(of !== undefined && { of }) };
    await kept.signIns.put(id, { id, name, by, ...details });
  }
  await openLoginLink(stores).ensure();
  for (const [name, [createdBy, by]] of Object.entries(MADE)) {
    const hash = LINKS[name as "view"]?.padEnd(64, "0") ?? hashToken(name);
    const role = name === "control" ? "control" as const : "view" as const;
    const details = { source: "desk", role, label: name, createdBy, createdMs, usesLeft: null };
    const proof = { by, name: createdBy, sinceMs: createdMs };
    await kept.links.put(hash.slice(0, 16), {
      id: hash.slice(0, 16),
      hash,
      ...details,
      proof,
      expiresMs: createdMs + 3_600_000,
    });
  }
  return {
    ...gateway,
    kept,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
    },
  };
}

type Rig = Awaited<ReturnType<typeof startRig>>;

async function makeHeaders(caller: string, { origin }: Rig): Promise<Record<string, string>> {
  if (caller in SIGN_INS) return { Cookie: `porthole=${cookieOf(caller)}`, Origin: origin };
  if (caller in TOKENS) return { Authorization: `Bearer ${tokenOf(caller)}` };
  if (caller in PROXIED) return { "X-User": PROXIED[caller]!, Origin: origin };
  return caller === "signed token" ? { Authorization: `Bearer ${await signToken()}` } : {};
}

function signToken(): Promise<string> {
  return new SignJWT({ source: "desk" }).setProtectedHeader({ alg: "HS256" }).setExpirationTime("1h")
    .sign(new TextEncoder().encode(SIGNER));
}

/** What one kind of thing has in common with the others. */
interface Kind {
  /** Makes the things, and gives their names by id. */
  make(rig: Rig, stack: AsyncDisposableStack): Promise<Map<string, string>>;
  readonly path: string;
  /** The ids of what still exists. */
  list(rig: Rig): Promise<string[]>;
}

const KINDS: Readonly<Record<"sessions" | "signIns" | "links", Kind>> = {
  sessions: {
    path: "/api/sessions",
    make: async (rig, stack) => {
      const ids = new Map<string, string>();
      for (const caller of Object.keys(TABLE).filter((name) => !/nobody|metrics/.test(name))) {
        const isSigned = caller === "signed token";
        const path = isSigned ? `/websockify?token=${await signToken()}` : "/ws/vnc/desk";
        const headers = isSigned ? {} : await makeHeaders(caller, rig);
        const viewer = stack.use(openViewer(rig.wsOrigin + path, [], headers));
        await viewer.until(({ socket }) => socket.readyState === WebSocket.OPEN);
        ids.set(rig.gateway.registry.list().at(-1)!.id, caller);
      }
      return ids;
    },
    list: ({ gateway }) => Promise.resolve(gateway.registry.list().map(({ id }) => id)),
  },
  signIns: {
    path: "/api/sign-ins",
    make: () =>
      Promise.resolve(new Map(Object.keys(SIGN_INS).map((name) => [hashToken(cookieOf(name)).slice(0, 16), name]))),
    list: async ({ kept }) => (await kept.signIns.list()).map(([id]) => id.slice(0, 16)),
  },
  links: {
    path: "/api/sources/desk/links",
    make: async ({ kept }) => new Map((await kept.links.list()).map(([id, { label }]) => [id, label])),
    list: async ({ kept }) => (await kept.links.list()).map(([id]) => id),
  },
};

function nameAll(ids: ReadonlyMap<string, string>, things: Things): string[] {
  return [...things === ALL ? ids.values() : things].sort();
}

for (const [caller, row] of Object.entries(TABLE)) {
  for (const [kind, { path, make, list }] of Object.entries(KINDS)) {
    Deno.test(`${caller}: lists and ends those ${kind} that the table says, and no others`, async () => {
      await using stack = new AsyncDisposableStack();
      const rig = stack.use(await startRig());
      const headers = await makeHeaders(caller, rig);
      const ids = await make(rig, stack);
      const expected = nameAll(ids, row[kind as keyof typeof KINDS]);

      const listed = JSON.parse((await sendRaw(rig.port, { path, headers })).body);
      const seen = Array.isArray(listed) ? listed.map(({ id }: { id: string }) => ids.get(id)!) : [];
      assertEquals(seen.toSorted(), expected, "listed");

      const ended: string[] = [];
      // Its own last: without its sign-in, it could end nothing more.
      const inOrder = [...ids].toSorted(([, a], [, b]) => Number(a === caller) - Number(b === caller));
      for (const [id, name] of inOrder) {
        const { status } = await sendRaw(rig.port, { method: "DELETE", path: `${path}/${id}`, headers });
        if (status === 204) ended.push(name);
      }
      assertEquals(ended.toSorted(), expected, "ended");
      await waitUntil(() => kind !== "sessions" || rig.gateway.registry.size === ids.size - expected.length);
      const left = (await list(rig)).map((id) => ids.get(id)!);
      assertEquals([...left, ...ended].sort(), [...ids.values()].sort(), "left");
    });
  }

  Deno.test(`${caller}: shares a screen in those roles that the table says`, async () => {
    await using rig = await startRig();
    const headers = { ...await makeHeaders(caller, rig), "Content-Type": "application/json" };
    const shared: string[] = [];
    for (const role of ["view", "control"]) {
      const request = { method: "POST", path: "/api/sources/desk/links", headers, body: JSON.stringify({ role }) };
      if ((await sendRaw(rig.port, request)).status === 201) shared.push(role);
    }
    assertEquals(shared, [...row.shares]);
  });
}
