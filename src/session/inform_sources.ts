import type { Sources } from "../source/sources.ts";
import type { SessionListener } from "./session.ts";

/** Tells each source how its sessions fared, and that one has left room for a connection that is kept ready. */
export function informSources(sources: Sources): SessionListener {
  return {
    onOpened: ({ source }, opened) => sources.get(source.config).noteOpened(opened),
    onClosing: ({ source }, reason) => {
      if (reason.code.startsWith("vnc_")) sources.get(source.config).noteFailed(reason);
    },
    onEnded: ({ source }) => sources.fillPrewarm(source.name),
  };
}
