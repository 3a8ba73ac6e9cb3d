/** Asks the user to log in to a VNC server, and remembers the login for this page or this tab, as the user chose. */
import { CREDENTIAL_MAX_CHARS } from "../side_channel/messages.ts";
import { getElement } from "./element.ts";

/** A login as the VNC server expects it. */
export interface Credentials {
  readonly username?: string;
  readonly password: string;
}

/** The fields to ask for. */
export interface Question {
  readonly fields: readonly string[];
  /** Why the user is asked again, such as a wrong password. */
  readonly message?: string | undefined;
}

/** The login of one source. */
export class CredentialsPrompt {
  readonly #dialog = getElement("credentials", HTMLDialogElement);
  readonly #username = getElement("credentials-username", HTMLInputElement);
  readonly #usernameRow = getElement("credentials-username-row", HTMLElement);
  readonly #password = getElement("credentials-password", HTMLInputElement);
  readonly #remember = getElement("credentials-remember", HTMLInputElement);
  readonly #message = getElement("credentials-message", HTMLElement);
  readonly #key: string;
  #known: Credentials | null;
  #refusal: string | undefined;

  constructor(source: string) {
    this.#key = `porthole.login.${source}`;
    this.#known = readKept(this.#key);
    for (const field of [this.#username, this.#password]) field.maxLength = CREDENTIAL_MAX_CHARS;
    getElement("credentials-cancel", HTMLButtonElement).addEventListener("click", () => this.#dialog.close(""));
  }

  /** Returns the known login, else the one typed; null if the user cancels. With a message, the known one was wrong. */
  async ask({ fields, message }: Question): Promise<Credentials | null> {
    if (message !== undefined) this.forget(message);
    const wantsName = fields.includes("username");
    if (this.#known !== null && (!wantsName || this.#known.username !== undefined)) return this.#known;
    this.#fill(wantsName);
    if (!await this.#show()) return null;
    this.#known = {
      ...(wantsName ? { username: this.#username.value } : {}),
      password: this.#password.value,
    };
    this.#password.value = "";
    this.#refusal = undefined;
    if (this.#remember.checked) keep(this.#key, this.#known);
    return this.#known;
  }

  /** Forgets a refused login; the dialog then shows the reason. */
  forget(reason: string): void {
    this.#known = null;
    this.#password.value = "";
    this.#refusal = reason;
    drop(this.#key);
  }

  /** Closes the dialog after the connection that asked is gone. */
  dismiss(): void {
    this.#dialog.close("");
  }

  #fill(wantsName: boolean): void {
    this.#usernameRow.hidden = !wantsName;
    this.#message.hidden = this.#refusal === undefined;
    this.#message.textContent = this.#refusal ?? "";
  }

  #show(): Promise<boolean> {
    this.#dialog.returnValue = "";
    if (!this.#dialog.open) this.#dialog.showModal();
    const first = this.#usernameRow.hidden || this.#username.value !== "" ? this.#password : this.#username;
    first.focus();
    return new Promise((resolve) => {
      this.#dialog.addEventListener("close", () => resolve(this.#dialog.returnValue === "send"), { once: true });
    });
  }
}

function readKept(key: string): Credentials | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
    return typeof kept?.password === "string" ? kept : null;
  } catch {
    return null;
  }
}

function keep(key: string, credentials: Credentials): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(credentials));
  } catch {
    // Without storage the user is asked again
  }
}

function drop(key: string): void {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // Without storage nothing was kept
  }
}
