/** The first message of an open session, which comes again when its settings change: its properties and permissions. */
import type { SourceConfig } from "../config/config.ts";
import type { Down } from "../side_channel/messages.ts";
import type { Opened } from "../source/opened.ts";

/** The parts of a session that the message names. */
interface OpenSession {
  readonly id: string;
  readonly source: { readonly config: SourceConfig };
  readonly viewOnly: boolean;
}

/** Describes an open session to its viewer page. */
export function composeHello(
  { id, source, viewOnly }: OpenSession,
  { mode, security, version }: Pick<Opened, "mode" | "security" | "version">,
): Down<"hello"> {
  const { name, title, clipboard, clipboardLimitBytes } = source.config;
  return {
    type: "hello",
    session: id,
    source: name,
    title,
    view_only: viewOnly,
    clipboard,
    clipboard_limit: clipboardLimitBytes,
    mode,
    security,
    version,
  };
}
