/** A data folder that goes with the test, on a disk that can be full, with stores as different processes open them. */
import { openFileStores } from "../../src/store/file_stores.ts";
import type { FileEffects } from "../../src/store/replace_file.ts";
import type { Stores } from "../../src/store/store.ts";
import { ManualTimers } from "./manual_timers.ts";

/** The folder, its disk, and the clock of the stores. */
export interface StoreRig extends AsyncDisposable {
  readonly folder: string;
  readonly disk: { full: boolean };
  readonly timers: ManualTimers;
  /** What operators were told, each with its level: "error share-links.json cannot be saved: …". */
  readonly told: string[];
  /** Opens the stores as the gateway that has locked the folder; beside it with `isOwner: false`. */
  open(options?: { isOwner?: boolean }): Stores;
  /** The names of the files in the folder, sorted. */
  list(): string[];
  read(name: string): string;
  write(name: string, text: string): void;
}

/** Makes the folder. */
export async function makeStoreRig(): Promise<StoreRig> {
  const folder = await Deno.makeTempDir();
  const disk = { full: false };
  const timers = new ManualTimers();
  const told: string[] = [];
  const opened: Stores[] = [];
  const tell = (level: string, sentence: string) => void told.push(`${level} ${sentence}`);
  return {
    folder,
    disk,
    timers,
    told,
    open: ({ isOwner = true } = {}) => {
      opened.push(openFileStores({ folder, isOwner, effects: failWhen(disk), setTimer: timers.set, tell }));
      return opened.at(-1)!;
    },
    list: () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort(),
    read: (name) => Deno.readTextFileSync(`${folder}/${name}`),
    write: (name, text) => Deno.writeTextFileSync(`${folder}/${name}`, text),
    async [Symbol.asyncDispose]() {
      disk.full = false;
      await Promise.all(opened.map((stores) => stores.settled()));
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function failWhen(disk: { full: boolean }): FileEffects {
  const noSpace = () => Promise.reject(Object.assign(new Error("No space left on device"), { code: "ENOSPC" }));
  return {
    mkdir: Deno.mkdir,
    open: (path, options) => disk.full && options?.write ? noSpace() : Deno.open(path, options),
    rename: Deno.rename,
    remove: Deno.remove,
  };
}
