import type { CodeWarning } from "../../access/second_step.ts";
import { formatTime } from "../format_time.ts";

interface CodeWarningSectionProps {
  readonly warning: CodeWarning;
  /** Where the button posts to. */
  readonly action: string;
}

/** Tells the owner of the account about wrong codes. */
export function CodeWarningSection({ warning: { wrong, lastMs, address }, action }: CodeWarningSectionProps) {
  return (
    <section class="callout problem" aria-label="Warning">
      <p>
        <strong>{wrong} wrong codes were entered for your account.</strong> The last one came from {address} at{" "}
        {formatTime(new Date(lastMs).toISOString())}. Whoever entered them knows your password or uses your browser. If
        it was not you, ask your administrator for a new password.
      </p>
      <form method="post" action={action}>
        <button class="button" type="submit">I have seen this</button>
      </form>
    </section>
  );
}
