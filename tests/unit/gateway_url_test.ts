import { assertEquals, assertMatch } from "@std/assert";
import type { Address } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { describeUrl } from "../../src/gateway_url.ts";

async function describe(bound: Address, { secure = true, gateway = "" } = {}): Promise<string> {
  const { config } = await loadConfig({ text: `gateway: { ${gateway} }\nsources: {}`, env: () => undefined });
  return describeUrl(config, bound, secure);
}

const tcp = (hostname: string): Address => ({ kind: "tcp", hostname, port: 8443 });

Deno.test("the address is the one that the gateway listens on", async () => {
  assertEquals(await describe(tcp("192.168.1.5")), "https://192.168.1.5:8443/");
  assertEquals(await describe(tcp("localhost"), { secure: false }), "http://localhost:8443/");
  assertEquals(await describe(tcp("::1")), "https://[::1]:8443/");
  assertEquals(await describe(tcp("127.0.0.1"), { gateway: "base_path: /vnc/" }), "https://127.0.0.1:8443/vnc/");
});

Deno.test("a gateway on every address names public_url, or this machine's own address", async () => {
  const gateway = 'public_url: "https://vnc.example.net/"';
  assertEquals(await describe(tcp("0.0.0.0"), { gateway }), "https://vnc.example.net/");
  assertEquals(await describe(tcp("::"), { gateway }), "https://vnc.example.net/");
  assertMatch(await describe(tcp("0.0.0.0")), /^https:\/\/\d+\.\d+\.\d+\.\d+:8443\/$/);
});

Deno.test("a gateway on one address names it although there is a public_url", async () => {
  const gateway = 'public_url: "https://vnc.example.net/"';
  assertEquals(await describe(tcp("127.0.0.1"), { gateway }), "https://127.0.0.1:8443/");
});

Deno.test("a unix socket is named by its path, or by public_url", async () => {
  const bound: Address = { kind: "unix", path: "/run/porthole.sock" };
  assertEquals(await describe(bound), "unix:/run/porthole.sock");
  const gateway = 'public_url: "https://vnc.example.net/"';
  assertEquals(await describe(bound, { gateway }), "https://vnc.example.net/");
});
