/** Command line and environment in, parts made, Deno.serve started. */
import { loadConfig } from "./src/config/load.ts";
import { createGateway } from "./src/gateway.ts";
import { createLog } from "./src/telemetry/log.ts";
import { readStaticFiles } from "./src/web/static_files.ts";

const log = createLog({ write: (line) => console.error(line) });

async function start(): Promise<void> {
  const file = Deno.env.get("PORTHOLE_CONFIG") ?? "sources.yaml";
  const { config } = await loadConfig({ file, env: (name) => Deno.env.get(name) });
  const gateway = createGateway({
    live: { current: config, problems: [] },
    log,
    version: "0.1.0",
    staticFiles: await readStaticFiles(new URL("./static/", import.meta.url)),
    openDemo: () => {
      throw new Error("no demo yet");
    },
  });
  const { listen } = config.gateway;
  if (listen.kind !== "tcp") throw new Error("unix listener not yet");
  Deno.serve({
    hostname: listen.hostname,
    port: listen.port,
    onListen: ({ hostname, port }) => console.log(`porthole ready http://${hostname}:${port}/`),
  }, (request, { remoteAddr }) => gateway.app.fetch(request, { remote: (remoteAddr as Deno.NetAddr).hostname }));
}

if (import.meta.main) {
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.error("Unhandled rejection", { cause: String(event.reason?.stack ?? event.reason) });
  });
  addEventListener("error", (event) => {
    event.preventDefault();
    log.error("Uncaught error", { cause: String(event.error?.stack ?? event.message) });
  });
  await start();
}
