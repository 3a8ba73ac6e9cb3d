import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createDialer } from "../../src/source/dial/dial.ts";
import { type LoggedIn, logIn } from "../../src/source/login.ts";
import { openPins } from "../../src/source/pins.ts";
import { createTrust } from "../../src/source/trust.ts";
import { createMemoryStores } from "../../src/store/memory_stores.ts";
import type { SourceConfig } from "../../src/config/config.ts";
import { Secret } from "../../src/config/secret.ts";
import { LoginRefused } from "../../src/rfb/refusal.ts";
import { makeClientKey } from "../../src/rfb/security/ra2.ts";
import { type Mode, MODES, REFUSED } from "./modes.ts";
import { findPlaces, type LiveServer, startServer, testMode } from "./servers.ts";

const places = await findPlaces();
const clientKey = await makeClientKey();

function describeSource({ login, ca }: Mode, { address, lab }: LiveServer, password = login?.password): SourceConfig {
  return {
    name: "live",
    origin: "target",
    title: "Live",
    target: "unix" in address
      ? { kind: "unix", path: address.unix }
      : { kind: "tcp", hostname: address.host, port: address.port },
    ...(login?.username === undefined ? {} : { username: login.username }),
    ...(password === undefined ? {} : { password: new Secret(password) }),
    ...(ca ? { tls: { ca: lab.ca } } : {}),
    viewOnly: false,
    clipboard: "both",
    clipboardLimitBytes: 1024 ** 2,
    shared: true,
    prewarm: 0,
    connectTimeoutMs: 5_000,
    keepaliveMs: 0,
    loginTimeoutMs: 60_000,
  };
}

async function open(source: SourceConfig): Promise<LoggedIn> {
  const trust = createTrust({ pins: openPins(createMemoryStores()) });
  const { signal } = new AbortController();
  const openDemo = () => {
    throw new Error("No demo here");
  };
  const stream = await createDialer({ openDemo, isDenied: () => false })(source, signal);
  return await logIn(stream, source, { trust, getClientKey: () => Promise.resolve(clientKey), signal });
}

for (const mode of MODES) {
  const outcome = mode.spoken === undefined ? "is refused with advice" : `is opened with ${mode.spoken}`;
  testMode(mode, places, { what: `${mode.name} ${outcome}` }, () => tryMode(mode));
}

async function tryMode(mode: Mode): Promise<void> {
  await using server = await startServer(mode, places);
  if (mode.spoken === undefined) {
    const refused = await assertRejects(() => open(describeSource(mode, server)), LoginRefused);
    assertEquals(refused.kind, "no_type");
    return assertMatch(refused.message, mode.advice!);
  }
  const { security, desktop, stream } = await open(describeSource(mode, server));
  stream.close();
  assertEquals(security, mode.spoken);
  assert(desktop.width >= 640 && desktop.height >= 400);
  if (mode.login === undefined) return;
  const refused = await assertRejects(() => open(describeSource(mode, server, "wrong999")), LoginRefused);
  assertEquals(refused.kind, "wrong_secret");
  assertMatch(refused.message, REFUSED);
}
