/** The gateway as its users start it: a process of its own, found by its ready line. */
import { Program } from "./programs.ts";

const PERMISSIONS = [
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys=hostname,networkInterfaces,osRelease,systemMemoryInfo",
];

/** A running gateway. */
export interface LiveGateway extends AsyncDisposable {
  /** The address of its ready line. */
  readonly url: URL;
  readonly program: Program;
}

/**
 * Starts a gateway on the loopback, by default without TLS and sign-in.
 *
 * @param sources the value of `sources:`, as JSON, which is YAML
 * @param gateway further keys of `gateway:`
 * @param auth the value of `auth:`
 * @param limits the value of `limits:`
 * @param env further environment variables
 */
export async function startGateway(
  sources: Readonly<Record<string, unknown>>,
  gateway: Readonly<Record<string, unknown>> = {},
  auth: unknown = "none",
  limits: Readonly<Record<string, unknown>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<LiveGateway> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const config = {
    gateway: { listen: "127.0.0.1:0", tls: "none", data: `${folder}/data`, ...gateway },
    auth,
    limits,
    sources,
  };
  await Deno.writeTextFile(`${folder}/sources.yaml`, JSON.stringify(config));
  const program = stack.use(
    await Program.start(Deno.execPath(), {
      args: ["run", "--no-prompt", ...PERMISSIONS, new URL("../../main.ts", import.meta.url).pathname],
      env: { PORTHOLE_CONFIG: `${folder}/sources.yaml`, ...env },
    }),
  );
  const [, url = ""] = await program.waitFor(/^porthole ready (\S+)$/m);
  const rest = stack.move();
  return { url: new URL(url), program, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}
