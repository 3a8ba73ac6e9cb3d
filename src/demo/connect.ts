import type { ByteStream } from "../bridge/byte_stream.ts";
import { createStreamPair } from "./channel.ts";
import { DemoDesktop, type DemoDesktopOptions } from "./demo_desktop.ts";
import { serveRfb } from "./rfb_server.ts";

/** The built-in desktop as a source: dialing it needs no network. */
export interface Demo {
  /** A new connection to the desktop that all connections share. */
  connect(): ByteStream;
  /** Ends every connection. */
  close(): void;
}

/** How the demo source is made. */
export interface DemoOptions extends DemoDesktopOptions {
  /** Told why a connection ended that did not end well; for the log. */
  readonly onError?: (error: unknown) => void;
}

/** Makes the demo source; it costs nothing until it is connected to. */
export function createDemo({ onError = () => {}, ...options }: DemoOptions = {}): Demo {
  const desktop = new DemoDesktop(options);
  const open = new Set<ByteStream>();
  return {
    connect() {
      const [near, far] = createStreamPair();
      open.add(far);
      serveRfb(far, desktop).catch(onError).finally(() => open.delete(far));
      return near;
    },
    close() {
      for (const stream of open) stream.close();
    },
  };
}
