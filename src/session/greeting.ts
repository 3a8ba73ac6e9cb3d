/** The first look at what a source sends: before it has proved to be a VNC server, no byte passes. */
import { PortholeError } from "../errors.ts";
import type { ByteStream } from "../bridge/byte_stream.ts";

/** RFC 6143 section 7.1.1: "RFB xxx.yyy\n". */
const VERSION_BYTES = 12;
const VERSION = /^RFB \d{3}\.\d{3}\n$/;
const PREFIX = "RFB ";

/** How long a source may be silent after the connection. */
export const GREETING_MS = 10_000;

/**
 * Reads the 12 bytes of ProtocolVersion and nothing more.
 *
 * @throws PortholeError vnc_malformed for anything else, vnc_refused when the source closes before, vnc_timeout after
 * 10 s of silence.
 */
export async function readGreeting(
  source: ByteStream,
  title: string,
  timeoutMs: number = GREETING_MS,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = source.readable.getReader({ mode: "byob" });
  const silence = Promise.withResolvers<never>();
  const timer = setTimeout(() => silence.reject(silentFor(title, timeoutMs)), timeoutMs);
  try {
    return await Promise.race([readVersion(reader, title), silence.promise]);
  } catch (thrown) {
    source.close();
    throw thrown;
  } finally {
    clearTimeout(timer);
    reader.releaseLock();
  }
}

async function readVersion(reader: ReadableStreamBYOBReader, title: string): Promise<Uint8Array<ArrayBuffer>> {
  let view = new Uint8Array(VERSION_BYTES);
  let filled = 0;
  while (filled < VERSION_BYTES) {
    const { value, done } = await readOrEnd(reader, view.subarray(filled));
    if (done) throw new PortholeError("vnc_refused", `Cannot open ${title}: the VNC server closed the connection`);
    view = new Uint8Array(value.buffer);
    filled += value.length;
    checkPrefix(view.subarray(0, filled), title);
  }
  return view;
}

function readOrEnd(reader: ReadableStreamBYOBReader, into: Uint8Array<ArrayBuffer>) {
  return reader.read(into).catch(() => ({ value: undefined, done: true as const }));
}

function checkPrefix(bytes: Uint8Array, title: string): void {
  const text = String.fromCharCode(...bytes);
  const fits = bytes.length === VERSION_BYTES ? VERSION.test(text) : couldBegin(text);
  if (!fits) throw new PortholeError("vnc_malformed", `Cannot open ${title}: what answers there is not a VNC server`);
}

function couldBegin(text: string): boolean {
  return text.slice(0, PREFIX.length) === PREFIX.slice(0, text.length);
}

function silentFor(title: string, timeoutMs: number): PortholeError {
  const message = `Cannot open ${title}: it accepted the connection but said nothing for ${timeoutMs / 1000} s`;
  return new PortholeError("vnc_timeout", message);
}
