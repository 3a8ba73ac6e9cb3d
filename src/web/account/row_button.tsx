interface RowButtonProps {
  /** Where the form is posted to. */
  readonly action: string;
  /** What the row shows. */
  readonly id: string;
  readonly text: string;
  /** Names the row as well, for screen readers. */
  readonly label: string;
}

/** A button that does something to one row of a list. */
export function RowButton({ action, id, text, label }: RowButtonProps) {
  return (
    <form method="post" action={action}>
      <input type="hidden" name="id" value={id} />
      <button class="button" type="submit" aria-label={label}>{text}</button>
    </form>
  );
}
