import { CodeField } from "../code_field.tsx";
import { Layout, Masthead, type PageProps } from "../layout.tsx";

/** What the page for the code shows. */
export interface CodePageProps extends PageProps {
  /** Where to go afterwards: a path below the base path. */
  readonly next: string;
  /** Proves that the password was right. */
  readonly ticket: string;
  /** What was wrong with the last attempt. */
  readonly message?: string | undefined;
}

/** Asks for the code of the authenticator app, after the password. */
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
          <CodeField label="Code from your authenticator app" autofocus />
          <button class="button primary" type="submit">Sign in</button>
          <a href={`${page.basePath}sign-in`}>Start over</a>
        </form>
      </main>
    </Layout>
  );
}
