/** The library of deploy/nodelay.c, built for a test. */
import { runProgram } from "./programs.ts";

/** What a test that builds it needs. */
export const COMPILER = ["cc", "/usr/include/netinet/tcp.h"];

/** Builds it in a folder of its own, which goes with the stack. */
export async function buildNodelay(stack: AsyncDisposableStack): Promise<string> {
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  await runProgram("sh", { args: [new URL("../../deploy/build-nodelay", import.meta.url).pathname, folder] });
  return folder;
}
