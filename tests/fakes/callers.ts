/** Every kind of caller on a gateway with people, programs, guests and two sources. */
import { markHash } from "../../src/access/marks.ts";
import { hashToken } from "../../src/access/opaque_token.ts";
import type { SignIn } from "../../src/access/sign_ins.ts";
import { type AccessStores, openAccessStores } from "../../src/access/stores.ts";
import { createMemoryStores } from "../../src/store/memory_stores.ts";
import type { Stores } from "../../src/store/store.ts";
import { startGateway, type TestGateway } from "./gateway.ts";
import { listenTcp, writeAll } from "./tcp_source.ts";

/** A hash at the least cost allowed; nobody knows its password. */
export const SOME_HASH = `$argon2id$v=19$m=8192,t=1,p=1$${"c2FsdHNhbHRzYWx0c2FsdA"}$${"A".repeat(43)}`;

/** Cookie values of sign-ins that stand, by user. */
export const COOKIES = { ada: "cookie-of-ada", bob: "cookie-of-bob", root: "cookie-of-root", guest: "cookie-of-guest" };

/** Bearer tokens. */
export const TOKENS = {
  admin: "token-of-admin",
  viewer: "token-of-viewer",
  old: "token-that-expired",
  ci: "token-of-ci",
};

/** The headers of the program that is an administrator. */
export const ADMIN = { Authorization: `Bearer ${TOKENS.admin}` };

/** The headers of a user's page. */
export function asUser(name: keyof typeof COOKIES, { origin }: { readonly origin: string }): Record<string, string> {
  return { Cookie: `porthole=${COOKIES[name]}`, Origin: origin };
}

/** The secret of the link that the guest came by. */
export const LINK_SECRET = "secret-of-the-link";

/** The id of that link. */
export const LINK_ID = hashToken(LINK_SECRET).slice(0, 16);

/** A gateway that asks for a sign-in, with its sources. */
export interface GuardedGateway extends TestGateway {
  readonly stores: AccessStores;
}

/** The configuration; `pi` is ada's, guests may view it; `desk` is for everybody who signed in. */
export function writeGuardedYaml(port: number, more = ""): string {
  const token = (name: keyof typeof TOKENS, rest: string) =>
    `    - { name: ${name}, hash: "sha256:${hashToken(TOKENS[name])}", ${rest} }`;
  return `auth:
  users:
    ada: { password: "${SOME_HASH}", groups: [staff] }
    bob: { password: "${SOME_HASH}" }
    root: { password: "${SOME_HASH}", groups: [admins] }
  tokens:
${token("admin", "scopes: [admin]")}
${token("viewer", "scopes: [view], groups: [guests]")}
${token("old", "scopes: [admin], expires: 2020-01-01")}
${token("ci", "scopes: [control, metrics], groups: [staff], sources: [pi]")}
limits: { sign_ins_per_minute: 1000, connects_per_minute: 1000 }
sources:
  pi: { host: 127.0.0.1, port: ${port}, allow: [ada, "group:staff"], view: ["group:guests"] }
  desk: { host: 127.0.0.1, port: ${port} }
${more}`;
}

/** Stores that hold the callers' sign-ins and the guest's link. */
export async function makeStores(stores: Stores = createMemoryStores()): Promise<Stores> {
  const { signIns, links } = openAccessStores(stores);
  const at = Date.now();
  const signIn = (name: string, cookie: string, more: Partial<SignIn> = {}) => {
    const id = hashToken(cookie);
    const of = markHash(SOME_HASH);
    const times = { createdMs: at, lastUsedMs: at };
    return signIns.put(id, {
      id,
      name,
      by: "password",
      of,
      ...times,
      address: "127.0.0.1",
      userAgent: "test",
      ...more,
    });
  };
  await signIn("ada", COOKIES.ada);
  await signIn("bob", COOKIES.bob);
  await signIn("root", COOKIES.root);
  await signIn(`link:${LINK_ID}`, COOKIES.guest, { by: "share_link", of: LINK_ID });
  await links.put(LINK_ID, {
    id: LINK_ID,
    hash: hashToken(LINK_SECRET),
    source: "pi",
    role: "view",
    label: "for the test",
    createdBy: "ada",
    byUser: true,
    createdMs: at,
    expiresMs: at + 3_600_000,
    usesLeft: null,
  });
  return stores;
}

/** Starts it with a source that greets and stays. */
export async function startGuarded(more = ""): Promise<GuardedGateway> {
  const held: Deno.Conn[] = [];
  const source = listenTcp(async (conn) => {
    held.push(conn);
    await writeAll(conn, new TextEncoder().encode("RFB 003.008\n"));
    await conn.read(new Uint8Array(1)).catch(() => null);
  });
  const stores = await makeStores();
  const gateway = await startGateway(writeGuardedYaml(source.port, more), { stores, about: { ownName: "gatehouse" } });
  return {
    ...gateway,
    stores: openAccessStores(stores),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
    },
  };
}
