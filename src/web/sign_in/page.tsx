import { raw } from "hono/html";
import { Layout, Masthead, type PageProps } from "../layout.tsx";

/** Another way in than the forms of this page, such as a provider's. */
export interface SignInWay {
  readonly href: string;
  readonly label: string;
}

/** What the sign-in page shows. */
export interface SignInPageProps extends PageProps {
  /** Where to go afterwards: a path below the base path. */
  readonly next: string;
  /** Whether there are people with passwords. */
  readonly hasPasswords: boolean;
  /** Whether the login link is a way in. */
  readonly hasLoginLink: boolean;
  readonly ways?: readonly SignInWay[];
  /** What was wrong with the last try. */
  readonly message?: string | undefined;
  /** The name of the last try. */
  readonly name?: string | undefined;
}

/**
 * Takes the token of a login link out of the address: what follows # is never sent by itself, so a form sends it, and
 * the address is replaced so that it stays in no history.
 */
const TAKE_TOKEN = `const found = /^#token=([\\w-]+)$/.exec(location.hash);
if (found) {
  history.replaceState(null, "", location.pathname + location.search);
  document.getElementById("token").value = found[1];
  document.getElementById("token-form").submit();
}`;

/** Signs people in; works without script except for the login link, whose token can be pasted then. */
export function SignInPage(props: SignInPageProps) {
  const { next, hasPasswords, hasLoginLink, ways = [], message, name, ...page } = props;
  const action = `${page.basePath}sign-in`;
  return (
    <Layout {...page} title="Sign in – Porthole" kind="reading" hasForm>
      <Masthead {...page} />
      <main class="sign-in">
        <h1>Sign in</h1>
        {message && <p class="callout problem" role="alert">{message}</p>}
        {ways.map(({ href, label }) => <a class="button primary" href={href}>{label}</a>)}
        {hasPasswords && <PasswordForm action={action} next={next} name={name} />}
        {hasLoginLink && <TokenForm action={action} next={next} second={hasPasswords} />}
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
        Name
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

function TokenForm({ action, next, second }: { action: string; next: string; second: boolean }) {
  return (
    <form class="fields" id="token-form" method="post" action={action}>
      <input type="hidden" name="next" value={next} />
      {second && <h2>Or by login link</h2>}
      <p class="quiet">
        Open the login link that the gateway printed when it first started, or paste its token, which is what follows
        the equals sign. <code>deno task start link</code> prints a new one.
      </p>
      <label for="token">
        Token
        <input id="token" name="token" type="password" autocomplete="off" required />
      </label>
      <button class={second ? "button" : "button primary"} type="submit">Sign in with the token</button>
    </form>
  );
}

/** What the page of the two-factor authentication shows. */
export interface CodePageProps extends PageProps {
  readonly next: string;
  /** Proves that the password was right. */
  readonly ticket: string;
  readonly message?: string | undefined;
}

/** Asks for the code of the authenticator app. */
export function CodePage({ next, ticket, message, ...page }: CodePageProps) {
  return (
    <Layout {...page} title="Two-factor authentication – Porthole" kind="reading" hasForm>
      <Masthead {...page} />
      <main class="sign-in">
        <h1>Two-factor authentication</h1>
        {message && <p class="callout problem" role="alert">{message}</p>}
        <form class="fields" method="post" action={`${page.basePath}sign-in/code`}>
          <input type="hidden" name="next" value={next} />
          <input type="hidden" name="ticket" value={ticket} />
          <label for="code">
            Code of your authenticator app
            <input
              id="code"
              name="code"
              inputmode="numeric"
              autocomplete="one-time-code"
              pattern="[0-9 ]{6,8}"
              required
              autofocus
            />
          </label>
          <button class="button primary" type="submit">Sign in</button>
          <a href={`${page.basePath}sign-in`}>Begin again</a>
        </form>
      </main>
    </Layout>
  );
}
