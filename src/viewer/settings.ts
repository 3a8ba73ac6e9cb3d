/** The user's settings, stored on this device; no secrets. Pure except for the storage that is passed in. */

/** How the remote screen is fitted into the window. */
export type Fit = "fit" | "actual" | "remote";

/** The settings of a user. */
export interface Settings {
  readonly fit: Fit;
  /** The toolbar stays visible. */
  readonly pinned: boolean;
  readonly viewOnly: boolean;
  /** JPEG quality, 0 to 9. */
  readonly quality: number;
  /** Compression effort, 0 to 9. */
  readonly compression: number;
}

/** The settings of a user who has changed nothing. */
const DEFAULT_SETTINGS: Settings = { fit: "fit", pinned: false, viewOnly: false, quality: 6, compression: 2 };

const KEY = "porthole.settings";

/** Reads the stored settings; an invalid one gets its default. */
export function loadSettings(storage: Pick<Storage, "getItem">): Settings {
  try {
    return checkSettings(JSON.parse(storage.getItem(KEY) ?? "{}"));
  } catch {
    return DEFAULT_SETTINGS; // Storage may be forbidden, or its content invalid
  }
}

/** Stores the settings; a browser that refuses storage forgets them. */
export function saveSettings(storage: Pick<Storage, "setItem">, settings: Settings): void {
  try {
    storage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // A private window may have no storage
  }
}

function checkSettings(kept: Readonly<Record<string, unknown>>): Settings {
  return {
    fit: kept.fit === "actual" || kept.fit === "remote" ? kept.fit : "fit",
    pinned: kept.pinned === true,
    viewOnly: kept.viewOnly === true,
    quality: checkLevel(kept.quality, DEFAULT_SETTINGS.quality),
    compression: checkLevel(kept.compression, DEFAULT_SETTINGS.compression),
  };
}

function checkLevel(value: unknown, otherwise: number): number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 9 ? Number(value) : otherwise;
}
