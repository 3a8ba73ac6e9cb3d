/** Reads the offered security types of a handshake that passes between viewer and source. */
import type { ByteStream } from "../bridge/byte_stream.ts";
import type { HandshakeViewer } from "./handshake_viewer.ts";
import { parseReply, type SpokenVersion, VERSION_BYTES } from "../rfb/version.ts";

/** The security types that the source offered. */
export interface SeenOffer {
  readonly version: SpokenVersion;
  readonly types: readonly number[];
  /** The bytes of the offer. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Bytes from the source that are not an offer: a refusal, or something that only the viewer understands. */
export interface NoOffer {
  readonly types?: undefined;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Length of the U32 type with which a 3.3 server decides (RFC 6143 appendix A.1). */
const DECISION_BYTES = 4;

/**
 * Passes the viewer's version up and reads only the types that answer it (RFC 6143 section 7.1.2).
 *
 * It never refuses a handshake: if the viewer or the source does not follow the protocol, the bytes pass unchanged.
 */
export async function watchOffer(
  stream: ByteStream,
  viewer: Pick<HandshakeViewer, "up">,
): Promise<SeenOffer | NoOffer> {
  const reader = stream.readable.getReader({ mode: "byob" });
  try {
    const first = readUpTo(reader, 1);
    const isFirst = await Promise.race([viewer.up.has(VERSION_BYTES), first.then(() => false)]);
    if (!isFirst) return { bytes: await first };
    const version = await passVersion(stream, viewer);
    const head = await first;
    return version ? await readTypes(reader, head, version) : { bytes: head };
  } finally {
    reader.releaseLock();
  }
}

async function passVersion(
  stream: ByteStream,
  viewer: Pick<HandshakeViewer, "up">,
): Promise<SpokenVersion | undefined> {
  const reply = await viewer.up.takeExactly(VERSION_BYTES) ?? new Uint8Array();
  const writer = stream.writable.getWriter();
  // The next read notices a source that has closed.
  await writer.write(reply).catch(() => {});
  writer.releaseLock();
  return parseReply(reply);
}

async function readTypes(
  reader: ReadableStreamBYOBReader,
  head: Uint8Array<ArrayBuffer>,
  version: SpokenVersion,
): Promise<SeenOffer | NoOffer> {
  const isDecided = version === "3.3";
  const wanted = isDecided ? DECISION_BYTES - 1 : head[0] ?? 0;
  const rest = wanted === 0 ? new Uint8Array() : await readUpTo(reader, wanted);
  const bytes = Uint8Array.of(...head, ...rest);
  if (rest.length < wanted || bytes.length < 2) return { bytes };
  const types = isDecided ? [new DataView(bytes.buffer).getUint32(0)] : [...rest];
  return types[0] === 0 ? { bytes } : { version, types, bytes };
}

/** Reads exactly `count` bytes, or fewer if the stream ends. */
async function readUpTo(reader: ReadableStreamBYOBReader, count: number): Promise<Uint8Array<ArrayBuffer>> {
  const { value } = await reader.read(new Uint8Array(count), { min: count }).catch(() => ({ value: undefined }));
  return value ?? new Uint8Array();
}
