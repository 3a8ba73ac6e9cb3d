/** Line icons on a grid of 24 by 24, in the color of the text around them. */

const PATHS = {
  back: "M15 5l-7 7 7 7",
  keyboard: "M3 7h18v11H3zM7 11h.01M11 11h.01M15 11h.01M18 11h.01M8 15h8",
  keys: "M4 4h16v16H4zM8 7h8v8H8zM4 20l4-5M20 20l-4-5",
  clipboard: "M8 5H6v15h12V5h-2M9 3h6v4H9zM9 12h6M9 16h4",
  display: "M3 5h18v11H3zM9 20h6M12 16v4",
  camera: "M4 8h4l2-3h4l2 3h4v11H4zM12 10a3 3 0 1 0 0 6 3 3 0 0 0 0-6",
  fullscreen: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  power: "M12 3v9M6.5 7a8 8 0 1 0 11 0",
  move: "M12 3v18M3 12h18M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3",
  pull: "M8 10l4 4 4-4",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6",
  screen: "M3 5h18v12H3zM8 21h8",
} as const;

/** The name of an icon. */
export type IconName = keyof typeof PATHS;

/** An icon. Screen readers skip it, so the control around it needs a name of its own. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
