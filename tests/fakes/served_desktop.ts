import type { ByteStream } from "../../src/bridge/byte_stream.ts";
import { createStreamPair } from "../../src/demo/channel.ts";
import { DemoDesktop } from "../../src/demo/demo_desktop.ts";
import { type RfbEvent, type RfbServerOptions, serveRfb } from "../../src/demo/rfb_server.ts";

/** A desktop, 200 by 150 pixels unless told, that moves only when told, served to the near end of a stream pair. */
export function startServedDesktop(options: RfbServerOptions = {}, size = { width: 200, height: 150 }) {
  const desktop = new DemoDesktop({ ...size, tickMs: 0, now: () => new Date(0) });
  const events: RfbEvent[] = [];
  const open: { near: ByteStream; served: Promise<void> }[] = [];
  const connect = () => {
    const [near, far] = createStreamPair();
    const served = serveRfb(far, desktop, { observe: (event) => events.push(event), ...options });
    served.catch(() => {});
    open.push({ near, served });
    return { near, served };
  };
  return {
    desktop,
    /** What the viewers sent. */
    events,
    /** The first connection; `served` settles when it has ended. */
    ...connect(),
    /** One more connection to the same desktop. */
    connect: () => connect().near,
    async [Symbol.asyncDispose]() {
      for (const { near } of open) near.close();
      await Promise.allSettled(open.map(({ served }) => served));
    },
  };
}
