/** How this person likes the page: kept on this device, no secrets. Pure but for the storage that is passed in. */

/** How the remote screen is shown. */
export type Fit = "fit" | "actual" | "remote";

/** What a person can set. */
export interface Settings {
  readonly fit: Fit;
  /** Keep the toolbar in sight. */
  readonly pinned: boolean;
  readonly viewOnly: boolean;
  /** JPEG quality, 0 to 9. */
  readonly quality: number;
  /** Compression effort, 0 to 9. */
  readonly compression: number;
}

/** The settings of somebody who has set nothing. */
export const DEFAULT_SETTINGS: Settings = { fit: "fit", pinned: false, viewOnly: false, quality: 6, compression: 2 };

const KEY = "porthole.settings";

/** Reads what was kept; anything odd falls back to its default. */
export function loadSettings(storage: Pick<Storage, "getItem">): Settings {
  try {
    return checkSettings(JSON.parse(storage.getItem(KEY) ?? "{}"));
  } catch {
    return DEFAULT_SETTINGS; // Storage may be forbidden, or hold something else
  }
}

/** Keeps the settings; a browser that refuses only forgets them. */
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
