import { Layout, Masthead, type PageProps } from "../layout.tsx";

/** What the page after signing out shows. */
export interface SignedOutPageProps extends PageProps {
  /** The address of the provider's own sign-out. */
  readonly href: string;
  /** The provider's title. */
  readonly provider: string;
}

/** Shows for a moment, before the browser goes on to the provider's own sign-out. */
export function SignedOutPage({ href, provider, ...page }: SignedOutPageProps) {
  return (
    <Layout {...page} title="Signed out – Porthole" kind="reading">
      <Masthead {...page} />
      <main class="sign-in">
        <h1>Signed out</h1>
        <p>You are signed out of Porthole.</p>
        <a class="button" href={href}>Sign out of {provider} too</a>
      </main>
    </Layout>
  );
}
