import type { ByteStream } from "../../bridge/byte_stream.ts";
import type { Address } from "../../config/config.ts";
import { wrapConn } from "./conn_stream.ts";

/** Connects to a unix socket on this machine; the kernel answers at once, so there is nothing to abort. */
export async function connectUnix({ path }: Extract<Address, { kind: "unix" }>): Promise<ByteStream> {
  return wrapConn(await Deno.connect({ transport: "unix", path }));
}
