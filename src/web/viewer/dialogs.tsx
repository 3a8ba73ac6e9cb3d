/** The dialogs of the viewer page. */

/** Asks for the VNC server's user name and password. */
export function CredentialsDialog({ title }: { title: string }) {
  return (
    <dialog id="credentials" aria-labelledby="credentials-title">
      <form method="dialog">
        <h2 id="credentials-title">
          Log in to <span class="screen-title">{title}</span>
        </h2>
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
          <input id="credentials-remember" type="checkbox" /> Remember until I close this tab
        </label>
        <p class="quiet">
          Otherwise this page only keeps it in memory, in order to reconnect. It is never part of an address.
        </p>
        <div class="actions">
          <button class="button primary" type="submit" value="send">Log in</button>
          <button class="button" type="button" id="credentials-cancel">Cancel</button>
        </div>
      </form>
    </dialog>
  );
}

/** Asks the user to compare the key of the VNC server. */
export function IdentityDialog({ title }: { title: string }) {
  return (
    <dialog id="identity" aria-labelledby="identity-title">
      <form method="dialog">
        <h2 id="identity-title">
          Is this <span class="screen-title">{title}</span>?
        </h2>
        <p>The VNC server identifies itself with this key. Compare it with the fingerprint that its owner gave you.</p>
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
