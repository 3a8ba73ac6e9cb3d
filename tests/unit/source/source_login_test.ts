import { assertEquals, assertRejects } from "@std/assert";
import { ByteQueue } from "../../../src/bridge/byte_queue.ts";
import type { ByteStream } from "../../../src/bridge/byte_stream.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { createStreamPair } from "../../../src/demo/channel.ts";
import { LoginRefused } from "../../../src/rfb/refusal.ts";
import { Addresses, type SharedAddress } from "../../../src/source/addresses.ts";
import { peekVersion } from "../../../src/source/login.ts";
import { SourceLogin } from "../../../src/source/source_login.ts";
import { createTrust } from "../../../src/source/trust.ts";
import { watchOffer } from "../../../src/source/watch_offer.ts";
import { createMemoryStores } from "../../../src/store/memory_stores.ts";
import { clientKey, keepPins, Meeting, write } from "../../fakes/login_meeting.ts";

const signal = new AbortController().signal;
const { config } = await loadConfig({ text: '{"sources": {"pi": {"host": "pi.lan"}}}', env: () => undefined });
const pi = config.sources.get("pi")!;

/** The logins to a source whose connections are these, and what its sources share. */
function makeLogin(...streams: ByteStream[]): { login: SourceLogin; address: SharedAddress } {
  const dial = () => Promise.resolve(streams.shift()!);
  const address = new Addresses({ stores: createMemoryStores(), dial }).get(pi.target);
  const parts = { trust: createTrust({ pins: keepPins() }), getClientKey: () => Promise.resolve(clientKey) };
  return { login: new SourceLogin(() => pi, parts, address), address };
}

Deno.test("a quick login after the offer does not unlearn that the source asks its user before the offer", async () => {
  await using meeting = new Meeting({ types: [1] });
  const { login, address: { memory } } = makeLogin();
  const version = await peekVersion(meeting.near, "Pi", { signal });
  const up = new ByteQueue();
  up.push(new TextEncoder().encode("RFB 003.008\n"));
  const { types } = await watchOffer(meeting.near, { up });
  memory.noteAsks("offer");
  const begun = { stream: meeting.near, offer: { version, types: types! } };
  meeting.opened = await login.logIn({ credentials: {}, signal, begun });
  assertEquals(memory.asks, "offer");
});

Deno.test("a source whose TLS fails once, and that then lets the gateway in without TLS, gets no connection left open", async () => {
  const [near, far] = createStreamPair();
  const version = "524642203030332e3030380a";
  const vencryptX509None = "0113" + "0002" + "00" + "01" + "00000104" + "01";
  await write(far, Uint8Array.fromHex(version + vencryptX509None + "ff".repeat(64)));
  await using second = new Meeting({ types: [1] });
  const { login } = makeLogin(near, second.near);
  const error = await assertRejects(() => login.logIn({ credentials: {}, signal }), LoginRefused);
  assertEquals([error.kind, second.closed], ["tls_failed", true]);
  far.close();
});
