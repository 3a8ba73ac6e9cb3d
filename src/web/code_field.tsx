/** The input for the code of an authenticator app. */
export function CodeField({ label, autofocus = false }: { label: string; autofocus?: boolean }) {
  return (
    <label for="code">
      {label}
      <input
        id="code"
        name="code"
        inputmode="numeric"
        autocomplete="one-time-code"
        pattern="[0-9 ]{6,8}"
        required
        autofocus={autofocus}
      />
    </label>
  );
}
