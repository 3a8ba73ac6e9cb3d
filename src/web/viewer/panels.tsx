/** The panels that open below the viewer's toolbar. */
import type { Child } from "hono/jsx";

function Panel({ id, title, children }: { id: string; title: string; children?: Child }) {
  return (
    <section class="panel" id={`panel-${id}`} aria-label={title} hidden>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** A button's label, the keys that it presses together, and its name for screen readers if that differs. */
const COMBINATIONS = [
  ["Ctrl+Alt+Del", "Control+Alt+Delete"],
  ["Esc", "Escape"],
  ["Tab", "Tab"],
  ["Alt+Tab", "Alt+Tab"],
  ["Alt+F4", "Alt+F4"],
  ["Win", "Super"],
  ["Win+L", "Super+l"],
  ["Ctrl+W", "Control+w"],
  ["Ctrl+T", "Control+t"],
  ["Ctrl+Esc", "Control+Escape"],
  ["Print Screen", "PrintScreen"],
  ["F1", "F1"],
  ["F2", "F2"],
  ["F5", "F5"],
  ["F11", "F11"],
  ["Del", "Delete"],
  ["Enter", "Enter"],
  ["←", "ArrowLeft", "Left"],
  ["↑", "ArrowUp", "Up"],
  ["↓", "ArrowDown", "Down"],
  ["→", "ArrowRight", "Right"],
  ["Ctrl+Alt+F1", "Control+Alt+F1"],
  ["Ctrl+Alt+F2", "Control+Alt+F2"],
] as const;

const MODIFIERS = [["Ctrl", "Control"], ["Alt", "Alt"], ["Shift", "Shift"], ["Win", "Super"]] as const;

/** Keys that the browser or the system intercepts, and keys that phones lack. */
export function KeysPanel() {
  return (
    <Panel id="keys" title="Keys">
      <div class="keys" role="group" aria-label="Hold down">
        {MODIFIERS.map(([face, name]) => (
          <button class="key" type="button" data-hold={name} aria-pressed="false">{face}</button>
        ))}
      </div>
      <div class="keys" role="group" aria-label="Press">
        {COMBINATIONS.map(([face, keys, label]) => (
          <button class="key" type="button" data-press={keys} aria-label={label}>{face}</button>
        ))}
      </div>
      <p class="quiet">
        Press Ctrl+Alt+Shift to move from the remote screen to this toolbar. In full screen, most of these keys also
        work on your own keyboard if the browser allows it.
      </p>
    </Panel>
  );
}

/** The clipboard in both directions, for browsers that do not let a page sync it automatically. */
export function ClipboardPanel() {
  return (
    <Panel id="clipboard" title="Clipboard">
      <label for="clipboard-text">Text to share with the remote screen</label>
      <textarea id="clipboard-text" rows={5} spellcheck={false}></textarea>
      <div class="actions">
        <button id="clipboard-send" class="button primary" type="button">Send to remote screen</button>
        <button id="clipboard-copy" class="button" type="button">Copy to this device</button>
        <button id="clipboard-type" class="button" type="button">Type as keys</button>
        <button id="clipboard-sync" class="button" type="button" hidden>Sync automatically</button>
      </div>
      <p id="clipboard-note" class="quiet" role="status"></p>
      <p class="quiet">
        "Type as keys" types the text key by key, for login screens and consoles without a clipboard.
      </p>
    </Panel>
  );
}

/** How the picture is shown, and whether input is sent. */
export function DisplayPanel({ version, forcedViewOnly }: { version: string; forcedViewOnly: boolean }) {
  return (
    <Panel id="display" title="Display and input">
      <fieldset>
        <legend>Size</legend>
        <Choice value="fit" label="Fit to window" />
        <Choice value="actual" label="Actual size" />
        <Choice value="remote" label="Resize the remote screen" />
      </fieldset>
      <Switch id="view-only" label="View only" checked={forcedViewOnly} disabled={forcedViewOnly} />
      <p id="view-only-note" class="quiet" hidden={!forcedViewOnly}>This screen is view-only.</p>
      <Switch id="pinned" label="Always show the toolbar" />
      <Level id="quality" label="Picture quality" />
      <Level id="compression" label="Compression" />
      <p class="quiet">Porthole {version}</p>
    </Panel>
  );
}

function Choice({ value, label }: { value: string; label: string }) {
  return (
    <label class="choice">
      <input type="radio" name="fit" value={value} /> {label}
    </label>
  );
}

function Switch(props: { id: string; label: string; checked?: boolean; disabled?: boolean }) {
  const { id, label, checked = false, disabled = false } = props;
  return (
    <label class="choice">
      <input type="checkbox" id={id} role="switch" checked={checked} disabled={disabled} /> {label}
    </label>
  );
}

function Level({ id, label }: { id: string; label: string }) {
  return (
    <label class="level" for={id}>
      {label}
      <input type="range" id={id} min="0" max="9" step="1" />
    </label>
  );
}
