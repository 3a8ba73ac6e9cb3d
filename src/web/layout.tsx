/** What every page shares: head, theme, assets under the base path. */
import { raw } from "hono/html";
import type { Child } from "hono/jsx";

/** What every page is told. */
export interface PageProps {
  /** Begins and ends with a slash; every address on the page stands under it. */
  readonly basePath: string;
  /** The nonce of this answer's Content-Security-Policy. */
  readonly nonce: string;
  /** Who signed in. */
  readonly user?: { readonly name: string } | undefined;
}

interface LayoutProps extends PageProps {
  readonly title: string;
  /** Name of the bundle in static/ that drives the page; none for a page without script. */
  readonly script?: "viewer" | "dashboard";
  readonly kind: string;
  /**
   * Whether the page has a form: browsers send `Origin: null` with the forms of a page that gives no referrer at all
   * (Fetch section 3.2), and then cannot be told from another site's.
   */
  readonly hasForm?: boolean;
  /** What the script is told, as data-* attributes of the body. */
  readonly data?: Readonly<Record<`data-${string}`, string>>;
  readonly children?: Child;
}

/** A whole HTML document. */
export function Layout({ basePath, nonce, title, script, kind, hasForm = false, data = {}, children }: LayoutProps) {
  return (
    <>
      {raw("<!doctype html>")}
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <title>{title}</title>
          <meta
            name="viewport"
            content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
          />
          <meta name="color-scheme" content="light dark" />
          {hasForm && <meta name="referrer" content="same-origin" />}
          <link rel="icon" type="image/svg+xml" href={`${basePath}static/favicon.svg`} />
          <link rel="stylesheet" href={`${basePath}static/porthole.css`} />
          {script && <script type="module" nonce={nonce} src={`${basePath}static/${script}.js`}></script>}
        </head>
        <body class={kind} data-base-path={basePath} {...data}>{children}</body>
      </html>
    </>
  );
}

/** The name of the program and who is signed in, above a page that is read. */
export function Masthead({ basePath, user }: PageProps) {
  return (
    <header class="masthead">
      <a class="brand" href={basePath}>
        <img src={`${basePath}static/favicon.svg`} alt="" width="28" height="28" />
        Porthole
      </a>
      {user && <a class="person" href={`${basePath}account`}>Signed in as {user.name}</a>}
    </header>
  );
}
