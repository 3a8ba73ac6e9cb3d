import type { Sources } from "../source/sources.ts";
import type { SessionListener } from "./session.ts";

/** Tells each source whether its sessions opened or failed, and when one leaves room for a prewarmed connection. */
export function informSources(sources: Sources): SessionListener {
  return {
    onOpened: ({ source }, opened) => sources.get(source.config).noteOpened(opened),
    onClosing: ({ source, opened }, reason) => {
      // A wrong secret in a login of the viewer's own says nothing about the source.
      const isViewers = opened !== undefined && reason.code === "vnc_login_failed";
      if (reason.code.startsWith("vnc_") && !isViewers) sources.get(source.config).noteFailed(reason);
    },
    onEnded: ({ source }) => sources.fillPrewarm(source.name),
  };
}
