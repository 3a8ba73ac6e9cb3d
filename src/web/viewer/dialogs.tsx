/** What the viewer asks the person, each in a dialog of its own. */

/** Asks for what the VNC server's login needs. */
export function CredentialsDialog({ title }: { title: string }) {
  return (
    <dialog id="credentials" aria-labelledby="credentials-title">
      <form method="dialog">
        <h2 id="credentials-title">Sign in to {title}</h2>
        <p id="credentials-message" class="callout problem" role="alert" hidden></p>
        <label id="credentials-username-row" for="credentials-username">
          User name
          <input
            id="credentials-username"
            name="username"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
          />
        </label>
        <label for="credentials-password">
          Password
          <input id="credentials-password" name="password" type="password" autocomplete="current-password" />
        </label>
        <label class="choice">
          <input id="credentials-remember" type="checkbox" /> Remember until this tab is closed
        </label>
        <p class="quiet">
          Otherwise it stays in this page's memory only, to reconnect by itself. It is never part of an address.
        </p>
        <div class="actions">
          <button class="button primary" type="submit" value="send">Sign in</button>
          <button class="button" type="button" id="credentials-cancel">Cancel</button>
        </div>
      </form>
    </dialog>
  );
}

/** Asks whether the VNC server is the right one, by its key. */
export function IdentityDialog({ title }: { title: string }) {
  return (
    <dialog id="identity" aria-labelledby="identity-title">
      <form method="dialog">
        <h2 id="identity-title">Is this {title}?</h2>
        <p>The VNC server identifies itself with this key. Compare it with what its owner tells you.</p>
        <p>
          <code id="identity-fingerprint"></code>
        </p>
        <div class="actions">
          <button class="button primary" type="submit" value="accept">Connect</button>
          <button class="button" type="submit" value="refuse">Cancel</button>
        </div>
      </form>
    </dialog>
  );
}
