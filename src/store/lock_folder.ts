/** The lock on the data folder: one gateway writes there. */
import { delay } from "@std/async/delay";
import { dirname, join } from "node:path";
import { DataFolderError } from "./store.ts";

/** Where a gateway runs that has locked its data folder. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
  /** The address that users open; absent until it listens. */
  readonly address?: string;
}

/** A lock. The operating system ends it with the process, even after SIGKILL; the file stays. */
export interface FolderLock extends Disposable {
  /** Whether other processes are kept out: not where the folder cannot be written. */
  readonly isHeld: boolean;
  /** Adds the gateway's address to what a second gateway is told. */
  announce(address: string): void;
}

interface LockOptions {
  warn: (sentence: string) => void;
  /** How long another process, such as the command `link`, may still hold the lock. */
  waitMs?: number;
}

const FILE = "lock";
const WAIT_MS = 2_000;
const TRY_AGAIN_MS = 100;
const NOT_HELD: FolderLock = { isHeld: false, announce: () => {}, [Symbol.dispose]: () => {} };

/** Makes the folder if needed, and locks it. @throws {DataFolderError} naming the gateway that has locked it */
export async function lockFolder(folder: string, { warn, waitMs = WAIT_MS }: LockOptions): Promise<FolderLock> {
  const path = join(folder, FILE);
  const file = openLock(folder, path, warn);
  if (!file) return NOT_HELD;
  try {
    const isHeld = await tryLock(file, waitMs, warn);
    if (!isHeld) throw new DataFolderError(explainHolder(folder, readHolder(path)));
  } catch (thrown) {
    file.close();
    throw thrown;
  }
  const since = new Date().toISOString();
  const announce = (address?: string) => {
    const holder: Holder = { pid: Deno.pid, host: Deno.hostname(), since, ...(address !== undefined && { address }) };
    writeHolder(file, holder);
  };
  announce();
  return { isHeld: true, announce, [Symbol.dispose]: () => file.close() };
}

/** Locks the folder for a short command unless a gateway has locked it, which then sees what the command writes. */
export async function lockFolderIfFree(folder: string): Promise<FolderLock> {
  try {
    return await lockFolder(folder, { warn: () => {}, waitMs: 0 });
  } catch (thrown) {
    if (thrown instanceof DataFolderError) return NOT_HELD;
    throw thrown;
  }
}

function openLock(folder: string, path: string, warn: LockOptions["warn"]): Deno.FsFile | undefined {
  try {
    makeFolder(folder);
    return Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
  } catch (cause) {
    // A file that can only be read, as on a read-only disk, can be locked too.
    const file = openToRead(path);
    if (!file) warn(`Cannot lock the data folder ${folder}: ${cause instanceof Error ? cause.message : cause}`);
    return file;
  }
}

function openToRead(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path, { read: true });
  } catch {
    return undefined;
  }
}

/** Syncs the folder above as well, so that a power cut does not take the new folder with all that is in it. */
function makeFolder(folder: string): void {
  const made = !exists(folder);
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!made || Deno.build.os === "windows") return;
  try {
    using above = Deno.openSync(dirname(folder), { read: true });
    above.syncSync();
  } catch {
    // A folder above that cannot be read is not ours.
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path) !== undefined;
  } catch {
    return false;
  }
}

async function tryLock(file: Deno.FsFile, waitMs: number, warn: LockOptions["warn"]): Promise<boolean> {
  const untilMs = performance.now() + waitMs;
  try {
    while (!file.tryLockSync(true)) {
      if (performance.now() >= untilMs) return false;
      await delay(TRY_AGAIN_MS);
    }
  } catch (cause) {
    // Some network file systems have no locks. Two gateways on one folder then overwrite each other's changes.
    warn(`The file system of the data folder has no locks: ${cause instanceof Error ? cause.message : cause}`);
  }
  return true;
}

function writeHolder(file: Deno.FsFile, holder: Holder): void {
  try {
    file.truncateSync();
    file.seekSync(0, Deno.SeekMode.Start);
    file.writeSync(new TextEncoder().encode(`${JSON.stringify(holder)}\n`));
  } catch {
    // The disk is full: a second gateway is refused without these details.
  }
}

/** Undefined where the details cannot be read: on Windows, while the file is locked. */
function readHolder(path: string): Partial<Holder> | undefined {
  try {
    const holder = JSON.parse(Deno.readTextFileSync(path));
    return typeof holder === "object" && holder !== null ? holder : undefined;
  } catch {
    return undefined;
  }
}

function explainHolder(folder: string, holder: Partial<Holder> | undefined): string {
  const { pid, host, since, address } = holder ?? {};
  const who = holder ? ` (process ${pid} on ${host}, since ${since}${address ? `, at ${address}` : ""})` : "";
  return `Another Porthole${who} uses the data folder ${folder}. Stop it, or give this one a folder of its own with ` +
    "gateway.data";
}
