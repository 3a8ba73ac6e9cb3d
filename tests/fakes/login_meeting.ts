/** One login of the gateway against a source that is played in this process. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash, X509Certificate } from "node:crypto";
import type { ByteStream } from "../../src/bridge/byte_stream.ts";
import { Secret } from "../../src/config/secret.ts";
import { createStreamPair } from "../../src/demo/channel.ts";
import { LoginRefused, type RefusalKind } from "../../src/rfb/refusal.ts";
import { makeClientKey } from "../../src/rfb/security/ra2.ts";
import { type LoggedIn, logIn } from "../../src/source/login.ts";
import type { LoginSource } from "../../src/source/login_runner.ts";
import type { PinStore } from "../../src/source/pins.ts";
import { createTrust } from "../../src/source/trust.ts";
import { makeCa, makeLeaf } from "../../src/tls/ca.ts";
import { cutStream } from "./rfb_security/cut_stream.ts";
import { serve, type Served } from "./rfb_security/serve.ts";
import { type FakeSource, playSource, type Seen } from "./rfb_security/source.ts";

/** The time at which the certificates were made. */
export const nowMs = Date.now();
/** The CA of the source's certificate. */
export const ca = await makeCa({ host: "test", names: ["pi.test"], nowMs });
/** The source's certificate, for pi.lan. */
export const leaf = await makeLeaf({ ca, names: ["pi.lan"], nowMs });
/** The RSA keys of the gateway and of the source. */
export const [clientKey, rsaKey] = await Promise.all([makeClientKey(), makeClientKey()]);
/** SHA-256 of the certificate, in hex. */
export const fingerprint = createHash("sha256").update(new X509Certificate(leaf.cert).raw).digest("hex");

/** What the source takes for right. */
export const secrets = { username: "ada", password: "secret12", key: rsaKey };
/** The source as sources.yaml has it. */
export const pi: LoginSource = {
  name: "pi",
  title: "Pi",
  target: { kind: "tcp", hostname: "pi.lan", port: 5900 },
  username: "ada",
  password: new Secret("secret12"),
  shared: true,
  loginTimeoutMs: 60_000,
};

/** Pins in memory. */
export function keepPins(entries: [string, string][] = []): PinStore & { readonly kept: Map<string, string> } {
  const kept = new Map(entries);
  return {
    kept,
    get: (name) => Promise.resolve(kept.get(name)),
    keepFirst: (name, fingerprint) => {
      const pin = kept.get(name) ?? fingerprint;
      const isFirst = !kept.has(name);
      kept.set(name, pin);
      return Promise.resolve({ pin, isFirst });
    },
  };
}

/** What differs from the usual login. */
export interface Setup {
  readonly source?: Partial<LoginSource>;
  readonly pins?: PinStore;
  readonly cut?: () => number;
  readonly now?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly pair?: typeof leaf;
}

/** One login of the gateway against a source played in this process. */
export class Meeting implements AsyncDisposable {
  readonly near: ByteStream;
  readonly far: Promise<Served<Seen | undefined> | undefined>;
  readonly #far: ByteStream;
  readonly #setup: Setup;
  opened: LoggedIn | undefined;
  closed = false;

  constructor(fake: FakeSource, setup: Setup = {}) {
    const [near, far] = createStreamPair();
    this.#far = far;
    this.#setup = setup;
    const counted = { ...near, close: () => (this.closed = true, near.close()) };
    this.near = setup.cut ? cutStream(counted, setup.cut) : counted;
    this.far = serve(far, playSource({ ...secrets, ...fake }), setup.pair ?? leaf).catch(() => undefined);
  }

  async logIn(): Promise<LoggedIn> {
    const { source, pins = keepPins(), now = nowMs, ...limits } = this.#setup;
    const trust = createTrust({ pins, now: () => now });
    const signal = limits.signal ?? new AbortController().signal;
    const effects = { trust, getClientKey: () => Promise.resolve(clientKey), timeoutMs: 5_000, ...limits, signal };
    return this.opened = await logIn(this.near, { ...pi, ...source }, effects);
  }

  async refuse(kind: RefusalKind): Promise<LoginRefused> {
    const error = await assertRejects(() => this.logIn(), LoginRefused);
    assertEquals(error.kind, kind, error.message);
    assert(error.message.startsWith("Cannot open Pi: "), error.message);
    assert(this.closed, "the stream is closed");
    return error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.opened?.stream.close();
    this.near.close();
    this.#far.close();
    (await this.far)?.stream.close();
  }
}

/** Writes all of it. */
export async function write(stream: ByteStream, bytes: Uint8Array): Promise<void> {
  const writer = stream.writable.getWriter();
  await writer.write(bytes).finally(() => writer.releaseLock());
}

/** Reads exactly so many bytes. */
export async function read(stream: ByteStream, bytes: number): Promise<Uint8Array> {
  const reader = stream.readable.getReader({ mode: "byob" });
  const { value } = await reader.read(new Uint8Array(bytes), { min: bytes });
  reader.releaseLock();
  return value!;
}
