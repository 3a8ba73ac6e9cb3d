import { assert, assertEquals } from "@std/assert";
import { parseListener } from "../../../src/config/address.ts";
import { buildAuth } from "../../../src/config/auth_section.ts";
import type { Auth } from "../../../src/config/config.ts";
import { isOpenToAll, warnOfExposure } from "../../../src/config/exposure.ts";
import { Resolver } from "../../../src/config/resolver.ts";
import { createFileReader } from "../../../src/files/file_reader.ts";

const env = () => undefined;

const LOCAL = [
  "127.0.0.1",
  "127.9.9.9",
  "localhost",
  "[::1]",
  "[0:0:0:0:0:0:0:1]",
  "[::ffff:127.0.0.1]",
  "unix:/run/p.sock",
];
const OPEN = [
  "0.0.0.0",
  "[::]",
  "192.168.1.5",
  "gateway.lan",
  "127.0.0.1.example.net",
  "[fe80::1]",
  "[::ffff:10.0.0.1]",
];

const listenAt = (text: string) => ({ listen: parseListener(text, 8443) });

Deno.test("isOpenToAll() requires sign-in as soon as other machines can reach the gateway", async () => {
  const unset = await buildAuth(
    undefined,
    false,
    new Resolver({ env, reader: createFileReader() }),
  );
  const none = { mode: "none" } as const;
  for (const text of LOCAL) assert(isOpenToAll({ ...listenAt(text), trustedProxies: [] }, unset), text);
  for (const text of OPEN) assert(!isOpenToAll({ ...listenAt(text), trustedProxies: [] }, unset), text);
  for (const text of OPEN) assert(isOpenToAll({ ...listenAt(text), trustedProxies: [] }, none), text);
  const local = listenAt("127.0.0.1");
  assert(!isOpenToAll({ ...local, trustedProxies: ["127.0.0.1"] }, unset), "a proxy brings others here");
  assert(!isOpenToAll({ ...local, trustedProxies: [], publicUrl: new URL("https://vnc.example.net/") }, unset));
  assert(!isOpenToAll({ ...local, trustedProxies: [] }, { ...unset, mode: "methods" } as Auth));
});

Deno.test("warnOfExposure() knows loopback addresses and unix sockets in every spelling", () => {
  for (const text of LOCAL) assertEquals(warnOfExposure(listenAt(text), { mode: "none" }), undefined, text);
  for (const text of OPEN) assert(warnOfExposure(listenAt(text), { mode: "none" }) !== undefined, text);
});
