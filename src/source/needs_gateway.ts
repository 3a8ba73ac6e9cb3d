import type { SourceConfig } from "../config/config.ts";

/** Whether the gateway has to log in: secrets, policy and trust are its business, all else is between viewer and source. */
export function needsGateway(source: SourceConfig, viewOnly: boolean): boolean {
  const { username, password, tls, clipboard, prewarm } = source;
  return viewOnly || clipboard !== "both" || prewarm > 0 ||
    [username, password, tls].some((setting) => setting !== undefined);
}
