/** The addresses of the sources of a gateway: sources with the same address share a turn, and what is remembered of it. */
import type { Target } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import type { Stores } from "../store/store.ts";
import { AddressMemory, type Remembered } from "./address_memory.ts";
import type { Dial } from "./dial/dial.ts";
import { Turn } from "./turn.ts";

/** The part of an address that its sources share. */
export interface SharedAddress {
  /** Of ten simultaneous good logins, servers refused two or three. So each waits for the end of the one before. */
  readonly turn: Turn;
  readonly memory: AddressMemory;
  /** Dials, and remembers whether that succeeded. */
  readonly dial: Dial;
}

/** Keeps what sources with the same address share. */
export class Addresses {
  readonly #known = new Map<string, SharedAddress>();
  readonly #store;
  readonly #dial: Dial;
  readonly #now: () => number;

  constructor({ stores, dial, now = Date.now }: { stores: Stores; dial: Dial; now?: () => number }) {
    this.#store = stores.open<Remembered>("vnc-servers", { most: 25_000, shared: true, isValid: isObject });
    this.#dial = dial;
    this.#now = now;
  }

  /** What the sources at the address of this target share. */
  get(target: Target): SharedAddress {
    const key = nameTarget(target);
    const known = this.#known.get(key) ?? this.#make(key);
    this.#known.set(key, known);
    return known;
  }

  /** Forgets every other address; what was learned of its server stays in the store. */
  keepOnly(targets: Iterable<Target>): void {
    const kept = new Set(Array.from(targets, nameTarget));
    for (const key of this.#known.keys()) if (!kept.has(key)) this.#known.delete(key);
  }

  #make(key: string): SharedAddress {
    const memory = new AddressMemory(this.#store, key, this.#now);
    return { turn: new Turn(), memory, dial: rememberDials(this.#dial, memory) };
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** The same text for targets at one address. */
export function nameTarget(target: Target): string {
  if (target.kind === "tcp") return `${target.hostname}:${target.port}`;
  return target.kind === "unix" ? target.path : "demo";
}

function rememberDials(dial: Dial, memory: AddressMemory): Dial {
  return async (source, signal) => {
    await memory.load();
    try {
      const stream = await dial(source, signal);
      memory.noteConnected();
      return stream;
    } catch (failure) {
      if (!signal.aborted) noteAway(failure, memory);
      throw failure;
    }
  };
}

/** A timeout says less than these: the machine may be off, or a packet lost. */
function noteAway(failure: unknown, memory: AddressMemory): void {
  if (!(failure instanceof PortholeError)) return;
  if (failure.code === "vnc_refused") memory.noteAway();
  if (failure.code === "vnc_unreachable") memory.noteUnreachable();
}
