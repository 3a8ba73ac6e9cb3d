import { Layout, Masthead, type PageProps } from "../layout.tsx";
import { QrCode } from "./qr_code.tsx";

/** A sign-in as the page lists it. */
export interface SignInRow {
  readonly id: string;
  readonly name: string;
  /** How: "password", "login link". */
  readonly by: string;
  /** ISO 8601. */
  readonly created: string;
  readonly last_used: string;
  readonly address: string;
  readonly user_agent: string;
  /** Whether this request came with it. */
  readonly current: boolean;
}

/** A share link as the page lists it. */
export interface LinkRow {
  readonly id: string;
  readonly source: string;
  readonly role: string;
  readonly label: string;
  readonly created_by: string;
  readonly expires: string;
  readonly uses_left: number | null;
}

/** What the page says about the two-factor authentication. */
export type TwoFactorState =
  | { readonly kind: "none" }
  /** sources.yaml has it: it cannot be changed here. */
  | { readonly kind: "fixed" }
  | { readonly kind: "on" }
  | { readonly kind: "off" }
  | { readonly kind: "offered"; readonly secret: string; readonly uri: string };

/** What the account page shows. */
export interface AccountPageProps extends PageProps {
  readonly signIns: readonly SignInRow[];
  readonly twoFactor: TwoFactorState;
  readonly links: readonly LinkRow[];
  /** The sources that this person may share; empty when they may share none. */
  readonly sources: readonly { readonly name: string; readonly title: string; readonly role: string }[];
  /** The address of the link that was just made: it is shown once. */
  readonly made?: string | undefined;
  readonly admin: boolean;
  /** Whether there is a sign-in to end. */
  readonly signedIn: boolean;
  readonly message?: string | undefined;
}

/** One's sign-ins, two-factor authentication and share links; for admins, everybody's. */
export function AccountPage(props: AccountPageProps) {
  const { signIns, twoFactor, links, sources, made, admin, signedIn, message, ...page } = props;
  const to = (path: string) => `${page.basePath}account/${path}`;
  return (
    <Layout {...page} title="Account – Porthole" kind="reading" hasForm>
      <Masthead {...page} />
      <main class="account">
        <div class="dashboard-head">
          <h1>Account</h1>
          <div class="actions">
            {admin && <a class="button" href={`${page.basePath}audit`}>Trail</a>}
            {signedIn && (
              <form method="post" action={`${page.basePath}sign-out`}>
                <button class="button primary" type="submit">Sign out</button>
              </form>
            )}
          </div>
        </div>
        {message && <p class="callout problem" role="alert">{message}</p>}
        {signIns.length > 0 && <SignInList signIns={signIns} action={to("end")} admin={admin} />}
        {twoFactor.kind !== "none" && <TwoFactorPart state={twoFactor} to={to} />}
        {sources.length > 0 && <Links links={links} sources={sources} made={made} to={to} />}
      </main>
    </Layout>
  );
}

function SignInList(
  { signIns, action, admin }: { signIns: readonly SignInRow[]; action: string; admin: boolean },
) {
  return (
    <section class="group" aria-labelledby="sign-ins">
      <h2 id="sign-ins">{admin ? "Everybody's sign-ins" : "Your sign-ins"}</h2>
      <ul class="rows">
        {signIns.map(({ id, name, by, created, last_used, address, user_agent, current }) => (
          <li class="row">
            <div>
              <p>
                <strong>{name}</strong> by {by} from {address} {current && <span class="tag">this browser</span>}
              </p>
              <p class="quiet">Since {formatTime(created)}, last used {formatTime(last_used)}. {user_agent}</p>
            </div>
            <RowButton action={action} id={id} words="End" label={`End the sign-in of ${name} from ${address}`} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function RowButton({ action, id, words, label }: { action: string; id: string; words: string; label: string }) {
  return (
    <form method="post" action={action}>
      <input type="hidden" name="id" value={id} />
      <button class="button" type="submit" aria-label={label}>{words}</button>
    </form>
  );
}

function TwoFactorPart(
  { state, to }: { state: Exclude<TwoFactorState, { kind: "none" }>; to: (path: string) => string },
) {
  return (
    <section class="group" aria-labelledby="two-factor">
      <h2 id="two-factor">Two-factor authentication</h2>
      {state.kind === "fixed" && <p>Your sign-in needs a code as well; the administrator has set it up.</p>}
      {state.kind === "off" && (
        <form class="fields" method="post" action={to("two-factor")}>
          <p>A code from an authenticator app, after the password, keeps others out who know the password.</p>
          <button class="button" type="submit">Set it up</button>
        </form>
      )}
      {state.kind === "offered" && <Offer {...state} action={to("two-factor/confirm")} />}
      {state.kind === "on" && (
        <form class="fields" method="post" action={to("two-factor/remove")}>
          <p>Your sign-in needs a code as well. To take that away, give one.</p>
          <CodeField />
          <button class="button" type="submit">Take it away</button>
        </form>
      )}
    </section>
  );
}

function Offer({ secret, uri, action }: { secret: string; uri: string; action: string }) {
  return (
    <form class="fields" method="post" action={action}>
      <p>Scan this with an authenticator app, then give the code that it shows.</p>
      <QrCode text={uri} label="QR code for the authenticator app" />
      <p class="quiet">
        Without a camera: <a href={uri}>open it in the app on this device</a>, or type <code>{secret}</code>
      </p>
      <CodeField />
      <button class="button primary" type="submit">Switch it on</button>
    </form>
  );
}

function CodeField() {
  return (
    <label for="code">
      Code
      <input
        id="code"
        name="code"
        inputmode="numeric"
        autocomplete="one-time-code"
        pattern="[0-9 ]{6,8}"
        required
      />
    </label>
  );
}

function Links(
  { links, sources, made, to }: Pick<AccountPageProps, "links" | "sources" | "made"> & {
    to: (path: string) => string;
  },
) {
  return (
    <section class="group" aria-labelledby="links">
      <h2 id="links">Share links</h2>
      {made && (
        <div class="callout" role="status">
          <p>Whoever has this link may open the screen. It is shown only now:</p>
          <p>
            <code id="made-link">{made}</code>
          </p>
        </div>
      )}
      {links.length > 0 && (
        <ul class="rows">
          {links.map((link) => (
            <li class="row">
              <div>
                <p>
                  <strong>{link.label || link.source}</strong> {link.role === "view" ? "looks at" : "controls"}{" "}
                  {link.source}
                </p>
                <p class="quiet">
                  By {link.created_by}, until {formatTime(link.expires)}, {describeUses(link.uses_left)}
                </p>
              </div>
              <RowButton
                action={to("links/revoke")}
                id={link.id}
                words="Revoke"
                label={`Revoke the link ${link.label || link.id} to ${link.source}`}
              />
            </li>
          ))}
        </ul>
      )}
      <LinkForm sources={sources} action={to("links")} />
    </section>
  );
}

function LinkForm({ sources, action }: { sources: AccountPageProps["sources"]; action: string }) {
  return (
    <form class="fields" method="post" action={action}>
      <label for="link-source">
        Source
        <select id="link-source" name="source">
          {sources.map(({ name, title }) => <option value={name}>{title}</option>)}
        </select>
      </label>
      <label for="link-role">
        May
        <select id="link-role" name="role">
          <option value="view">look on</option>
          <option value="control">control</option>
        </select>
      </label>
      <label for="link-expires">
        For
        <select id="link-expires" name="expires">
          <option value="1h">an hour</option>
          <option value="1d" selected>a day</option>
          <option value="7d">a week</option>
        </select>
      </label>
      <label for="link-uses">
        Times it may be opened
        <input id="link-uses" name="uses" inputmode="numeric" pattern="[0-9]*" placeholder="any" />
      </label>
      <label for="link-label">
        For whom
        <input id="link-label" name="label" maxlength={80} />
      </label>
      <button class="button primary" type="submit">Make a link</button>
    </form>
  );
}

function describeUses(left: number | null): string {
  if (left === null) return "any number of times";
  return left === 1 ? "once more" : `${left} times more`;
}

/** "2026-11-23 11:22 UTC" */
export function formatTime(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
