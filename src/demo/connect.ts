import type { ByteStream } from "../bridge/byte_stream.ts";
import { createStreamPair } from "./channel.ts";
import { DemoDesktop, type DemoDesktopOptions } from "./demo_desktop.ts";
import { serveRfb } from "./rfb_server.ts";

/** The built-in desktop as a source, without a network. */
export interface Demo {
  /** Makes a new connection to the desktop, which all connections share. */
  connect(): ByteStream;
  /** Ends every connection. */
  close(): void;
}

/** Options of the demo source. */
export interface DemoOptions extends DemoDesktopOptions {
  /** Called with the error that ended a connection, for the log. */
  readonly onError?: (error: unknown) => void;
}

/** Makes the demo source, which costs nothing while there are no connections. */
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
