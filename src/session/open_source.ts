/** From a fresh connection to the first byte that may pass. */
import type { ByteStream } from "../bridge/byte_stream.ts";
import type { Source } from "../config/config.ts";
import { readGreeting } from "./greeting.ts";
import type { Opened } from "./session.ts";

/** Checks that a VNC server answers, and hands its greeting on. */
export async function openSource(stream: ByteStream, source: Source): Promise<Opened> {
  const greeting = await readGreeting(stream, source.title);
  return { stream, downFirst: greeting, words: new TextDecoder().decode(greeting).trim() };
}
