import type { SourceConfig } from "../config/config.ts";

/** Whether the gateway must log in itself, because a setting for secrets, permissions or trust requires it. */
export function needsGateway(source: SourceConfig, viewOnly: boolean): boolean {
  const { username, password, tls, clipboard, prewarm, shared } = source;
  return viewOnly || clipboard !== "both" || prewarm > 0 || !shared ||
    [username, password, tls].some((setting) => setting !== undefined);
}
