/** A source whose opening the test scripts; what it opens is a stream with the test at the other end. */
import type { ByteStream } from "../../src/bridge/byte_stream.ts";
import type { SourceConfig } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createStreamPair } from "../../src/demo/channel.ts";
import type { SessionParties } from "../../src/session/session.ts";
import type { HandshakeViewer } from "../../src/source/handshake_viewer.ts";
import type { Opened } from "../../src/source/opened.ts";

/** A source, and what the test sees and says of it. */
export interface ScriptedSource {
  readonly source: SessionParties["source"] & { config: SourceConfig };
  /** The far end of the stream that is handed to the session. */
  readonly far: ByteStream;
  /** Whether the near end was closed. */
  readonly isClosed: () => boolean;
  /** What the session gives to `open()`; resolves when it is called. */
  readonly asked: Promise<{ viewer: HandshakeViewer; signal: AbortSignal }>;
  /** Lets `open()` resolve, or reject. */
  open(): void;
  fail(error: Error): void;
}

/** Makes a source called `name`; `settings` are its keys in sources.yaml. */
export async function makeScriptedSource(name = "pi", settings = "{ host: 127.0.0.1 }"): Promise<ScriptedSource> {
  const { config } = await loadConfig({ text: `sources: { ${name}: ${settings} }`, env: () => undefined });
  const asked = Promise.withResolvers<{ viewer: HandshakeViewer; signal: AbortSignal }>();
  const opening = Promise.withResolvers<Opened>();
  const [near, far] = createStreamPair();
  let closed = false;
  const stream = { ...near, close: () => (closed = true, near.close()) };
  const spoken = { version: "3.8", security: "None", mode: "pass_through", detail: "RFB 3.8, None" } as const;
  return {
    source: {
      config: config.sources.get(name)!,
      name,
      open: (viewer, signal) => {
        asked.resolve({ viewer, signal });
        return opening.promise;
      },
    },
    far,
    isClosed: () => closed,
    asked: asked.promise,
    open: () => opening.resolve({ stream, ...spoken }),
    fail: (error) => opening.reject(error),
  };
}
