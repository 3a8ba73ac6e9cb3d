import { CodeField } from "../code_field.tsx";
import { QrCode } from "../qr_code.tsx";
import type { TwoFactorState } from "./two_factor.ts";

interface TwoFactorSectionProps {
  readonly state: Exclude<TwoFactorState, { kind: "none" }>;
  /** Where forms are posted to: the address of a path below /account/. */
  readonly to: (path: string) => string;
}

/** Two-factor authentication: its state, and the form to change that. */
export function TwoFactorSection({ state, to }: TwoFactorSectionProps) {
  return (
    <section class="group" aria-labelledby="two-factor">
      <h2 id="two-factor">Two-factor authentication</h2>
      {state.kind === "fixed" && <p>Two-factor authentication is on. It was set up by your administrator.</p>}
      {state.kind === "off" && (
        <form class="fields" method="post" action={to("two-factor")}>
          <p>A code from an authenticator app protects your account even if your password leaks.</p>
          <button class="button" type="submit">Set up</button>
        </form>
      )}
      {state.kind === "offered" && <Offer {...state} action={to("two-factor/confirm")} />}
      {state.kind === "on" && (
        <form class="fields" method="post" action={to("two-factor/remove")}>
          <p>Two-factor authentication is on. To turn it off, enter a code from your authenticator app.</p>
          <CodeField label="Code" />
          <button class="button" type="submit">Turn off</button>
        </form>
      )}
    </section>
  );
}

function Offer({ secret, uri, action }: { secret: string; uri: string; action: string }) {
  return (
    <form class="fields" method="post" action={action}>
      <p>Scan this QR code with your authenticator app, then enter the code that the app shows.</p>
      <QrCode text={uri} label="QR code for the authenticator app" />
      <p class="quiet">
        If you cannot scan it, <a href={uri}>open it in an app on this device</a> or enter this key in the app:{" "}
        <code>{secret}</code>
      </p>
      <CodeField label="Code" />
      <button class="button primary" type="submit">Turn on</button>
    </form>
  );
}
