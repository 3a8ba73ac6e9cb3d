import type { ByteStream } from "../../bridge/byte_stream.ts";
import type { Address } from "../../config/config.ts";
import { wrapConn } from "./conn_stream.ts";

/** Connects to a unix socket. The kernel answers at once, so the attempt cannot be aborted. */
export async function connectUnix({ path }: Extract<Address, { kind: "unix" }>): Promise<ByteStream> {
  return wrapConn(await Deno.connect({ transport: "unix", path }));
}
