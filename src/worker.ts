/** The gateway for runtimes with a server of their own: `deno serve src/worker.ts`, or an edge worker. */
import manifest from "../deno.json" with { type: "json" };
import { type Command, parseCommandLine } from "./config/command_line.ts";
import { describeInvocation } from "./config/invocation.ts";
import { createFileReader } from "./files/file_reader.ts";
import type { Gateway } from "./gateway.ts";
import { makeGateway, openConfig } from "./make_gateway.ts";
import { catchStrays } from "./telemetry/catch_strays.ts";
import { openStderrLog } from "./telemetry/stderr_log.ts";

const ROOT = new URL("../", import.meta.url);

/** The listener of such a runtime. It is not known, so it is assumed to be public. */
const ANYWHERE = { kind: "tcp", hostname: "0.0.0.0", port: 0 } as const;

/** Answers one request, as such runtimes call it. */
type Fetch = (request: Request, info?: { remoteAddr?: Deno.Addr; completed?: Promise<unknown> }) => Promise<Response>;

/** Makes a handler that creates the gateway at the first request. */
function createFetch(): Fetch {
  let gateway: Promise<Gateway> | undefined;
  return async (request, info) => {
    const address = info?.remoteAddr;
    const remote = address && "hostname" in address ? address.hostname : "unknown";
    return await (await (gateway ??= make())).app.fetch(request, { remote, whenSent: () => info?.completed });
  };
}

async function make(): Promise<Gateway> {
  const env = (name: string) => Deno.env.get(name);
  const command = parseCommandLine(["start"], env) as Command & { kind: "start" };
  const overrides = { ...command.overrides, listen: ANYWHERE };
  const { log, stderr } = openStderrLog({ ...command, format: command.log });
  catchStrays(log);
  const call = { args: [], env, main: new URL("main.ts", ROOT), workingFolder: Deno.cwd(), hasAllPermissions: false };
  const parts = {
    command: { ...command, overrides },
    env,
    describeCommand: describeInvocation(call).describe,
    log,
    reader: createFileReader(),
    lostLogLines: () => stderr.lost,
    version: manifest.version,
    root: ROOT,
  };
  return await makeGateway(parts, await openConfig(parts));
}

/** The handler. */
const worker: { fetch: Fetch } = { fetch: createFetch() };
export default worker;
