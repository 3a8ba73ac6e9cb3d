/** The panel with the user's settings for picture and input. */
import { getElement } from "./element.ts";
import type { Fit, Settings } from "./settings.ts";

/** Starts the panel: it shows the settings and calls back with each change. */
export function startDisplayPanel(settings: Settings, onChange: (settings: Settings) => void): void {
  const panel = getElement("panel-display", HTMLElement);
  const viewOnly = getElement("view-only", HTMLInputElement);
  const pinned = getElement("pinned", HTMLInputElement);
  const quality = getElement("quality", HTMLInputElement);
  const compression = getElement("compression", HTMLInputElement);
  const fits = panel.querySelectorAll<HTMLInputElement>("input[name=fit]");
  for (const fit of fits) fit.checked = fit.value === settings.fit;
  viewOnly.checked ||= settings.viewOnly;
  pinned.checked = settings.pinned;
  quality.value = String(settings.quality);
  compression.value = String(settings.compression);
  panel.addEventListener("change", () =>
    onChange({
      fit: ([...fits].find(({ checked }) => checked)?.value ?? "fit") as Fit,
      viewOnly: viewOnly.checked,
      pinned: pinned.checked,
      quality: quality.valueAsNumber,
      compression: compression.valueAsNumber,
    }));
}

/** Turns the view-only switch on and locks it, for a view-only source or user. */
export function forceViewOnly(): void {
  const viewOnly = getElement("view-only", HTMLInputElement);
  viewOnly.checked = true;
  viewOnly.disabled = true;
  getElement("view-only-note", HTMLElement).hidden = false;
}
