import type { CodeWarning } from "../../access/second_step.ts";
import { Layout, Masthead, type PageProps } from "../layout.tsx";
import { CodeWarningSection } from "./code_warning_section.tsx";
import { LinkSection, type LinkSectionProps } from "./link_section.tsx";
import { SignInSection } from "./sign_in_section.tsx";
import type { SignInView } from "./sign_ins.ts";
import { TwoFactorSection } from "./two_factor_section.tsx";
import type { TwoFactorState } from "./two_factor.ts";

/** What the account page shows. */
export interface AccountPageProps extends PageProps {
  readonly signIns: readonly SignInView[];
  /** Wrong codes that somebody else may have entered. */
  readonly codeWarning?: CodeWarning | undefined;
  readonly twoFactor: TwoFactorState;
  /** Share links; undefined for a user who may share nothing. */
  readonly sharing?: Omit<LinkSectionProps, "to"> | undefined;
  readonly admin: boolean;
  /** Whether the browser can sign out. */
  readonly signedIn: boolean;
  /** What was wrong with the last action. */
  readonly message?: string | undefined;
}

/** The user's signed-in browsers, two-factor authentication and share links; for admins, everybody's. */
export function AccountPage(props: AccountPageProps) {
  const { signIns, codeWarning, twoFactor, sharing, admin, signedIn, message, ...page } = props;
  const to = (path: string) => `${page.basePath}account/${path}`;
  return (
    <Layout {...page} title="Account – Porthole" kind="reading" hasForm>
      <Masthead {...page} />
      <main class="account">
        <div class="dashboard-head">
          <h1>Account</h1>
          <div class="actions">
            {admin && <a class="button" href={`${page.basePath}audit`}>Audit log</a>}
            {signedIn && (
              <form method="post" action={`${page.basePath}sign-out`}>
                <button class="button primary" type="submit">Sign out</button>
              </form>
            )}
          </div>
        </div>
        {message && <p class="callout problem" role="alert">{message}</p>}
        {codeWarning && <CodeWarningSection warning={codeWarning} action={to("code-warning/dismiss")} />}
        {signIns.length > 0 && <SignInSection signIns={signIns} action={to("end")} admin={admin} />}
        {twoFactor.kind !== "none" && <TwoFactorSection state={twoFactor} to={to} />}
        {sharing && <LinkSection {...sharing} to={to} />}
      </main>
    </Layout>
  );
}
