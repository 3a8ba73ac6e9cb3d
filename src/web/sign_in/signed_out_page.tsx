import { Layout, Masthead, type PageProps } from "../layout.tsx";

/** Where the way goes on to. */
export interface SignedOutPageProps extends PageProps {
  readonly href: string;
  /** What people call the provider. */
  readonly provider: string;
}

/** Shows for a moment, on the way to the provider's own sign-out. */
export function SignedOutPage({ href, provider, ...page }: SignedOutPageProps) {
  return (
    <Layout {...page} title="Signed out – Porthole" kind="reading">
      <Masthead {...page} />
      <main class="sign-in">
        <h1>Signed out</h1>
        <p>You are signed out of this gateway.</p>
        <a class="button" href={href}>Sign out of {provider} too</a>
      </main>
    </Layout>
  );
}
