/** Fingerprints of sources that were trusted on first use, kept so that a change is noticed. */
import { PortholeError } from "../errors.ts";
import { refuseUnsaved, type Stores } from "../store/store.ts";

/** Fingerprints (SHA-256, 64 hex digits) by source name. */
export interface PinStore {
  get(name: string): Promise<string | undefined>;
  /**
   * Keeps this fingerprint where there is none yet, and returns the one that is kept. Two connections that see the
   * source for the first time at once agree on one.
   */
  keepFirst(name: string, fingerprint: string): Promise<KeptPin>;
}

/** The pin of a source. */
interface KeptPin {
  readonly pin: string;
  /** Whether it was kept just now. */
  readonly isFirst: boolean;
}

const PREFIX = "sha256:";
const PIN = /^sha256:[0-9a-f]{64}$/;

/**
 * The pins in `pins.json`, `{"pi": "sha256:…"}`. The file is read again when it has changed, so that removing a
 * line needs no restart.
 *
 * @throws {PortholeError} `internal` from each method while the file or the pin is unreadable, and `not_stored` for a
 * first fingerprint that cannot be written: the source must not be trusted then.
 */
export function openPins(stores: Stores): PinStore {
  const store = stores.open<string>("pins", { editable: true, precious: true });
  return {
    get: async (name) => readPin(name, await store.get(name)),
    keepFirst: (name, fingerprint) =>
      store.update<KeptPin>(name, (written) => {
        const pin = readPin(name, written);
        if (pin !== undefined) return { result: { pin, isFirst: false } };
        return { result: { pin: fingerprint, isFirst: true }, put: PREFIX + fingerprint, ifUnsaved: "undo" };
      }).catch(refuseUnsaved("The fingerprint of this VNC server is not known yet, and cannot be kept")),
  };
}

function readPin(name: string, written: unknown): string | undefined {
  if (written === undefined) return undefined;
  if (typeof written === "string" && PIN.test(written)) return written.slice(PREFIX.length);
  const cause = new Error(`${name} is not sha256: and 64 hex digits`);
  throw new PortholeError("internal", "Cannot read pins.json in the data folder", { cause });
}
