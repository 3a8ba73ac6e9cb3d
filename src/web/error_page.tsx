import { Layout, Masthead, type PageProps } from "./layout.tsx";

/** The texts of an error page. */
export interface ErrorPageProps extends PageProps {
  /** HTTP status. */
  readonly status: number;
  /** The kind of error, in a few words. */
  readonly title: string;
  /** A whole sentence, safe to show. */
  readonly message: string;
  /** Whether the gateway's other pages can be opened. */
  readonly hasWayOn: boolean;
}

/** An error as a page. Programs get application/problem+json instead. */
export function ErrorPage({ status, title, message, hasWayOn, ...page }: ErrorPageProps) {
  return (
    <Layout {...page} title={`${title} – Porthole`} kind="reading">
      <Masthead {...page} />
      <main class="error">
        <p class="error-status">{status}</p>
        <h1>{title}</h1>
        <p>{message}</p>
        {hasWayOn && (
          <p>
            <a class="button primary" href={page.basePath}>All screens</a>
          </p>
        )}
      </main>
    </Layout>
  );
}
