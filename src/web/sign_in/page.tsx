import { raw } from "hono/html";
import { Layout, Masthead, type PageProps } from "../layout.tsx";

/** What the sign-in page shows. */
export interface SignInPageProps extends PageProps {
  /** Where to go afterwards: a path below the base path. */
  readonly next: string;
  /** Whether any user has a password. */
  readonly hasPasswords: boolean;
  /** Whether the login link signs in. */
  readonly hasLoginLink: boolean;
  /** The line to type for a new login link, where the browser may know it. */
  readonly linkCommand?: string | undefined;
  /** Links to other sign-in methods, such as a provider's. */
  readonly links?: readonly { readonly href: string; readonly label: string }[];
  /** What was wrong with the last attempt. */
  readonly message?: string | undefined;
  /** The user name of the last attempt. */
  readonly name?: string | undefined;
}

/**
 * Moves the token of a login link from the address into the form. Browsers never send what follows #, and replacing the
 * address keeps the token out of the history.
 */
const TAKE_TOKEN = `const found = /^#token=([\\w-]+)$/.exec(location.hash);
if (found) {
  history.replaceState(null, "", location.pathname + location.search);
  document.getElementById("token").value = found[1];
  document.getElementById("token-form").submit();
}`;

/** Signs users in. Only the login link needs the script; without it the token can be pasted. */
export function SignInPage(props: SignInPageProps) {
  const { next, hasPasswords, hasLoginLink, linkCommand, links = [], message, name, ...page } = props;
  const action = `${page.basePath}sign-in`;
  return (
    <Layout {...page} title="Sign in – Porthole" kind="reading" hasForm>
      <Masthead {...page} />
      <main class="sign-in">
        <h1>Sign in</h1>
        {message && <p class="callout problem" role="alert">{message}</p>}
        {links.map(({ href, label }) => <a class="button primary" href={href}>{label}</a>)}
        {hasPasswords && <PasswordForm action={action} next={next} name={name} />}
        {hasLoginLink && <TokenForm action={action} next={next} command={linkCommand} second={hasPasswords} />}
      </main>
      {hasLoginLink && <script nonce={page.nonce}>{raw(TAKE_TOKEN)}</script>}
    </Layout>
  );
}

function PasswordForm({ action, next, name }: { action: string; next: string; name?: string | undefined }) {
  return (
    <form class="fields" method="post" action={action}>
      <input type="hidden" name="next" value={next} />
      <label for="name">
        User name
        <input
          id="name"
          name="name"
          value={name}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          autofocus
        />
      </label>
      <label for="password">
        Password
        <input id="password" name="password" type="password" autocomplete="current-password" required />
      </label>
      <button class="button primary" type="submit">Sign in</button>
    </form>
  );
}

function TokenForm(props: { action: string; next: string; command: string | undefined; second: boolean }) {
  const { action, next, command, second } = props;
  return (
    <form class="fields" id="token-form" method="post" action={action}>
      <input type="hidden" name="next" value={next} />
      {second && <h2>Or use a login link</h2>}
      <p class="quiet">
        Open the login link that the gateway printed when it first started, or paste its token: the part after the
        equals sign. To get a new link, run{" "}
        {command ? <code>{command}</code> : "Porthole's command link on the machine where Porthole runs"}.
      </p>
      <label for="token">
        Token
        <input id="token" name="token" type="password" autocomplete="off" required />
      </label>
      <button class={second ? "button" : "button primary"} type="submit">Sign in with token</button>
    </form>
  );
}
