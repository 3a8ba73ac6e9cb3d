/** How a process of load takes its steps. */

/** Waits for the bench to say that the next step may begin; ends the process if the bench has ended. */
export async function waitForLine(): Promise<void> {
  if (await Deno.stdin.read(new Uint8Array(16)) === null) Deno.exit(1);
}
