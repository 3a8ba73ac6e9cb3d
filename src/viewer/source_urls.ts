/** The addresses of one source, below the gateway's base path. Pure. */

/** The WebSocket's absolute URL, for a page at `pageUrl`; `resume` is "new" or "held". */
export function makeSocketUrl(basePath: string, source: string, pageUrl: string, resume: string): string {
  const url = new URL(`${basePath}ws/vnc/${encodeURIComponent(source)}?resume=${resume}`, pageUrl);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/** The path of the question whether the source would open. */
export function makeAdmissionPath(basePath: string, source: string): string {
  return `${basePath}api/sources/${encodeURIComponent(source)}/admission`;
}
