/** How much memory the process may use before it lets go of its connections. */
import os from "node:os";
import process from "node:process";
import type { MemoryLimit } from "../config/config.ts";

/** Tells what memory there is, in bytes. */
export interface MachineMemory {
  readonly total: () => number;
  /** The limit of the cgroup; 0 or a huge number where there is none. */
  readonly constrained: () => number;
}

/** Asks the runtime, which needs `--allow-sys=systemMemoryInfo`. */
const MACHINE: MachineMemory = { total: () => os.totalmem(), constrained: () => process.constrainedMemory() };

/** The limit in bytes; undefined if it is off, or a share of an amount that is not known. */
export function findMemoryLimit(limit: MemoryLimit, machine: MachineMemory | undefined): number | undefined {
  if ("bytes" in limit) return limit.bytes === 0 ? undefined : limit.bytes;
  if (machine === undefined) return undefined;
  const [total, constrained] = [machine.total(), machine.constrained()];
  return Math.floor(limit.share * (constrained > 0 ? Math.min(total, constrained) : total));
}

/** The machine, if the permission to ask it was given. */
export function openMachine(): MachineMemory | undefined {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "systemMemoryInfo" });
  return state === "granted" ? MACHINE : undefined;
}
