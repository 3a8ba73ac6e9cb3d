/** The layout of every page: the head, and the header with the name of the program. */
import { raw } from "hono/html";
import type { Child } from "hono/jsx";

/** The properties of every page. */
export interface PageProps {
  /** The way to the gateway's root, such as "../../"; every address on the page begins with it. */
  readonly basePath: string;
  /** The nonce of this response's Content-Security-Policy. */
  readonly nonce: string;
  /** Who signed in. */
  readonly user?: { readonly name: string } | undefined;
}

interface LayoutProps extends PageProps {
  readonly title: string;
  /** The script in static/ that runs on the page. */
  readonly script?: "viewer" | "dashboard";
  readonly kind: string;
  /**
   * Whether the page has a form. On a page that sends no referrer at all, browsers send forms with `Origin: null` (Fetch
   * section 3.2), as they do from other sites.
   */
  readonly hasForm?: boolean;
  /** Data for the script: data-* attributes of the body. */
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

/** The header: the name of the program, and who is signed in. */
export function Masthead({ basePath, user }: PageProps) {
  return (
    <header class="masthead">
      <a class="brand" href={basePath}>
        <img src={`${basePath}static/favicon.svg`} alt="" width="28" height="28" />
        Porthole
      </a>
      {user && <a class="user" href={`${basePath}account`}>Signed in as {user.name}</a>}
    </header>
  );
}
