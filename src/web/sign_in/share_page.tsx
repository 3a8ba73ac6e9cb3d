import { raw } from "hono/html";
import { Layout, Masthead, type PageProps } from "../layout.tsx";

/** Moves the secret from the address into the form and sends it. */
const TAKE_SECRET = `const found = /^#([\\w-]+)$/.exec(location.hash);
if (found) {
  history.replaceState(null, "", location.pathname);
  document.getElementById("secret").value = found[1];
  document.getElementById("share-form").submit();
}`;

/** Opens share links. The secret is in the fragment, which stays out of logs and referrers. */
export function SharePage({ message, ...page }: PageProps & { readonly message?: string | undefined }) {
  return (
    <Layout {...page} title="Shared screen – Porthole" kind="reading" hasForm>
      <Masthead {...page} />
      <main class="sign-in">
        <h1>Shared screen</h1>
        {message && <p class="callout problem" role="alert">{message}</p>}
        <form class="fields" id="share-form" method="post" action={`${page.basePath}share`}>
          <p class="quiet">
            Open the complete link that you received, or paste the part after <code>#</code>.
          </p>
          <label for="secret">
            Link code
            <input id="secret" name="secret" type="password" autocomplete="off" required />
          </label>
          <button class="button primary" type="submit">Open the screen</button>
        </form>
      </main>
      <script nonce={page.nonce}>{raw(TAKE_SECRET)}</script>
    </Layout>
  );
}
