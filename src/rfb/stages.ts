/** The list of stages, and which of them a session's policy puts into the byte path. */
import type { Clipboard } from "../config/config.ts";
import { createDownFramer } from "./down_framer.ts";
import { PixelState } from "./pixel_format.ts";
import { NO_STAGES, type Stages } from "./stage.ts";
import { createUpFilter, type UpPolicy } from "./up_filter.ts";

/** What a viewer may do, and the source's pixel format. */
export interface StagesPolicy extends Pick<UpPolicy, "viewOnly" | "cutTextLimitBytes" | "onTooLong"> {
  readonly clipboard: Clipboard;
  /** PIXEL_FORMAT of ServerInit as the viewer gets it, 16 bytes (RFC 6143 section 7.3.2). */
  readonly serverFormat: Uint8Array;
  /** Whether the source may send colour map entries, since its own pixel format has a colour map. */
  readonly hasColourMap?: boolean;
}

/**
 * Makes the stages of one session: up from the first byte after ClientInit, down from the first byte after ServerInit.
 *
 * The up filter runs when the policy forbids anything. The down framer runs when the policy forbids the source's cut
 * text, or to take colour map entries out; it needs the up filter, which tells it the pixel format that the viewer asks
 * for.
 */
export function createStages(
  { viewOnly, clipboard, serverFormat, hasColourMap = false, ...limit }: StagesPolicy,
): Stages {
  const clipboardIn = clipboard === "both" || clipboard === "in";
  const clipboardOut = clipboard === "both" || clipboard === "out";
  if (!viewOnly && clipboardIn && clipboardOut && !hasColourMap) return NO_STAGES;
  const policy = { viewOnly, clipboardIn, clipboardOut, ...limit };
  if (clipboardOut && !hasColourMap) return { up: [createUpFilter(policy)], down: [] };
  const pixels = new PixelState(serverFormat);
  const signals = clipboardIn && !viewOnly ? "signals" : "none";
  return {
    up: [createUpFilter({ ...policy, pixels })],
    down: [createDownFramer({ pixels, cutText: clipboardOut ? "all" : signals })],
  };
}
