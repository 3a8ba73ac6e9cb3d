/** ServerInit (RFC 6143 section 7.3.2). */
import { LoginRefused } from "./refusal.ts";
import { concat, read, type Script, u16, u32 } from "./script.ts";

/** A source's description of its desktop. */
export interface ServerInit {
  /** Pixels, never 0. */
  readonly width: number;
  readonly height: number;
  /** The 16 bytes of PIXEL_FORMAT as sent. */
  readonly pixelFormat: Uint8Array<ArrayBuffer>;
  /** The desktop's name as sent; the server does not say in which encoding. */
  readonly name: Uint8Array<ArrayBuffer>;
}

/** Maximum size of a name in bytes. */
const NAME_CAP_BYTES = 64 * 1024;
/** Bytes of a ServerInit before the name: size, PIXEL_FORMAT, U32 length of the name. */
export const SERVER_INIT_HEAD_BYTES = 24;

/** Reads and validates a ServerInit. @throws {LoginRefused} `malformed` if no viewer could use it. */
export function* readServerInit(): Script<ServerInit> {
  const head = yield* read(SERVER_INIT_HEAD_BYTES, "its ServerInit");
  const view = new DataView(head.buffer, head.byteOffset, SERVER_INIT_HEAD_BYTES);
  const [width, height, nameBytes] = [view.getUint16(0), view.getUint16(2), view.getUint32(20)];
  if (width === 0 || height === 0) throw refuseDesktop(`a size of ${width}×${height}`);
  if (![8, 16, 32].includes(head[4]!)) throw refuseDesktop(`${head[4]} bits per pixel`);
  if (nameBytes > NAME_CAP_BYTES) throw refuseDesktop(`a name of ${nameBytes} bytes`);
  return { width, height, pixelFormat: head.slice(4, 20), name: yield* read(nameBytes, "its name") };
}

function refuseDesktop(what: string): LoginRefused {
  return new LoginRefused("malformed", `the server announces a desktop with ${what}`);
}

/** The ServerInit message for a viewer. */
export function encodeServerInit(init: ServerInit): Uint8Array<ArrayBuffer> {
  return concat([u16(init.width), u16(init.height), init.pixelFormat, u32(init.name.length), init.name]);
}
