import { raw } from "hono/html";
import { Layout, Masthead, type PageProps } from "../layout.tsx";

/** Sends what follows # by a form, and takes it out of the address. */
const TAKE_SECRET = `const found = /^#([\\w-]+)$/.exec(location.hash);
if (found) {
  history.replaceState(null, "", location.pathname);
  document.getElementById("secret").value = found[1];
  document.getElementById("share-form").submit();
}`;

/** Where share links lead: the secret travels in the fragment, so that no log and no referrer has it. */
export function SharePage({ message, ...page }: PageProps & { readonly message?: string | undefined }) {
  return (
    <Layout {...page} title="Shared screen – Porthole" kind="reading" hasForm>
      <Masthead {...page} />
      <main class="sign-in">
        <h1>Shared screen</h1>
        {message && <p class="callout problem" role="alert">{message}</p>}
        <form class="fields" id="share-form" method="post" action={`${page.basePath}share`}>
          <p class="quiet">
            Open the whole link that you were given, or paste what follows <code>#</code> in it.
          </p>
          <label for="secret">
            Code of the link
            <input id="secret" name="secret" type="password" autocomplete="off" required />
          </label>
          <button class="button primary" type="submit">Open the screen</button>
        </form>
      </main>
      <script nonce={page.nonce}>{raw(TAKE_SECRET)}</script>
    </Layout>
  );
}
