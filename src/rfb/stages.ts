/** The stages that one session's policy asks for. */
import type { Clipboard } from "../config/config.ts";
import { createDownFramer } from "./down_framer.ts";
import { PixelState } from "./pixel_format.ts";
import { createUpFilter } from "./up_filter.ts";

/** Looks at passing bytes and gives those that may go on. */
type Stage = (bytes: Uint8Array) => Uint8Array;

/** What a viewer may do, and what its stages start from. */
export interface StagesPolicy {
  readonly viewOnly: boolean;
  readonly clipboard: Clipboard;
  /** PIXEL_FORMAT of ServerInit, 16 bytes (RFC 6143 section 7.3.2). */
  readonly serverFormat: Uint8Array;
}

/** Stages for the pump; none where the bytes may pass untouched. */
export interface Stages {
  /** From the first byte after ClientInit. */
  readonly upStage?: Stage;
  /** From the first byte after ServerInit. */
  readonly downStage?: Stage;
}

/**
 * Makes the stages of one session: an up filter when anything is forbidden, a down framer when the source's cut text
 * is. They share the pixel format and belong together.
 */
export function createStages({ viewOnly, clipboard, serverFormat }: StagesPolicy): Stages {
  const clipboardIn = clipboard === "both" || clipboard === "in";
  const clipboardOut = clipboard === "both" || clipboard === "out";
  if (!viewOnly && clipboardIn && clipboardOut) return {};
  if (clipboardOut) {
    const filter = createUpFilter({ viewOnly, clipboardIn, clipboardOut });
    return { upStage: (bytes) => filter.push(bytes) };
  }
  const pixels = new PixelState(serverFormat);
  const filter = createUpFilter({ viewOnly, clipboardIn, clipboardOut, pixels });
  const framer = createDownFramer({ pixels, cutText: clipboardIn && !viewOnly ? "signals" : "none" });
  return { upStage: (bytes) => filter.push(bytes), downStage: (bytes) => framer.push(bytes) };
}
