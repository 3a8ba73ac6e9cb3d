/** Messages from the viewer (RFC 6143 section 7.5). */
import { PortholeError } from "../errors.ts";
import type { ByteReader } from "./byte_reader.ts";
import { formatFromBytes, type PixelFormat } from "./pixel_format.ts";
import type { Rect } from "./rect.ts";

/** A message from the viewer, by its name in RFC 6143 and rfbproto. */
export type ViewerMessage =
  | { readonly type: "SetPixelFormat"; readonly format: PixelFormat }
  | { readonly type: "SetEncodings"; readonly encodings: readonly number[] }
  | { readonly type: "FramebufferUpdateRequest"; readonly incremental: boolean; readonly area: Rect }
  | { readonly type: "KeyEvent"; readonly down: boolean; readonly keysym: number }
  | { readonly type: "PointerEvent"; readonly x: number; readonly y: number; readonly buttons: number }
  | { readonly type: "ClientCutText"; readonly text: string }
  | { readonly type: "SetDesktopSize"; readonly width: number; readonly height: number };

/** Size in bytes of the longest ClientCutText that the server accepts. */
const MAX_CUT_TEXT_BYTES = 1024 * 1024;
/** Maximum number of encodings in one SetEncodings. */
const MAX_ENCODINGS = 1024;

type Parser = (reader: ByteReader, extendedButtons: boolean) => Promise<ViewerMessage>;

const parsers: ReadonlyMap<number, Parser> = new Map<number, Parser>([
  [0, readSetPixelFormat],
  [2, readSetEncodings],
  [3, readUpdateRequest],
  [4, readKeyEvent],
  [5, readPointerEvent],
  [6, readCutText],
  [251, readSetDesktopSize],
]);

/**
 * Reads the next message, or returns undefined if the viewer has left between two. `extendedButtons`: the viewer lists
 * ExtendedMouseButtons, so its PointerEvents may have a seventh byte.
 * @throws {PortholeError} `viewer_malformed` for an unknown type, a length over its cap, or the end inside a message.
 */
export async function readMessage(reader: ByteReader, extendedButtons: boolean): Promise<ViewerMessage | undefined> {
  if (await reader.atEnd()) return undefined;
  const type = (await reader.view(1)).getUint8(0);
  const parse = parsers.get(type);
  if (!parse) throw new PortholeError("viewer_malformed", `Unknown message type ${type}`);
  return await parse(reader, extendedButtons);
}

async function readSetPixelFormat(reader: ByteReader): Promise<ViewerMessage> {
  await reader.read(3);
  return { type: "SetPixelFormat", format: formatFromBytes(await reader.view(16)) };
}

async function readSetEncodings(reader: ByteReader): Promise<ViewerMessage> {
  const count = (await reader.view(3)).getUint16(1);
  if (count > MAX_ENCODINGS) throw new PortholeError("viewer_malformed", `SetEncodings: ${count} encodings`);
  const view = await reader.view(4 * count);
  return { type: "SetEncodings", encodings: Array.from({ length: count }, (_, i) => view.getInt32(4 * i)) };
}

async function readUpdateRequest(reader: ByteReader): Promise<ViewerMessage> {
  const view = await reader.view(9);
  const area = { x: view.getUint16(1), y: view.getUint16(3), width: view.getUint16(5), height: view.getUint16(7) };
  return { type: "FramebufferUpdateRequest", incremental: view.getUint8(0) !== 0, area };
}

async function readKeyEvent(reader: ByteReader): Promise<ViewerMessage> {
  const view = await reader.view(7);
  return { type: "KeyEvent", down: view.getUint8(0) !== 0, keysym: view.getUint32(3) };
}

/** With ExtendedMouseButtons (rfbproto, -316) bit 7 of the mask announces one more byte. */
async function readPointerEvent(reader: ByteReader, extendedButtons: boolean): Promise<ViewerMessage> {
  const view = await reader.view(5);
  const mask = view.getUint8(0);
  const at = { x: view.getUint16(1), y: view.getUint16(3) };
  if (!extendedButtons || mask < 128) return { type: "PointerEvent", ...at, buttons: mask };
  const more = (await reader.view(1)).getUint8(0);
  return { type: "PointerEvent", ...at, buttons: (mask & 127) | (more << 7) };
}

async function readCutText(reader: ByteReader): Promise<ViewerMessage> {
  const length = (await reader.view(7)).getUint32(3);
  if (length > MAX_CUT_TEXT_BYTES) throw new PortholeError("viewer_malformed", `ClientCutText: ${length} bytes`);
  return { type: "ClientCutText", text: latin1ToText(await reader.read(length)) };
}

/** The list of screens is skipped, since the desktop has one. */
async function readSetDesktopSize(reader: ByteReader): Promise<ViewerMessage> {
  const view = await reader.view(7);
  await reader.read(16 * view.getUint8(5));
  return { type: "SetDesktopSize", width: view.getUint16(1), height: view.getUint16(3) };
}

/** Decodes ISO 8859-1, the encoding of plain cut text; TextDecoder's "latin1" is windows-1252. */
function latin1ToText(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

/** Encodes text in ISO 8859-1; other characters become question marks. */
export function textToLatin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.codePointAt(0)! < 256 ? char.charCodeAt(0) : 63);
}
