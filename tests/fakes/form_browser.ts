/** A browser that sends the forms of a gateway, from an address that a trusted proxy names. */
import { type RawAnswer, sendRaw } from "./raw_http.ts";

/** A gateway that trusts 127.0.0.1 as a proxy. */
interface Target {
  readonly port: number;
  readonly origin: string;
}

/** Keeps cookies. */
export class FormBrowser {
  readonly #target: Target;
  readonly #address: string;
  readonly #cookies = new Map<string, string>();

  constructor(target: Target, address: string) {
    this.#target = target;
    this.#address = address;
  }

  get(path: string): Promise<RawAnswer> {
    return this.#send({ path });
  }

  post(path: string, fields: Record<string, string> = {}): Promise<RawAnswer> {
    return this.#send({ method: "POST", path, body: String(new URLSearchParams(fields)) });
  }

  /** Signs in with a password; resolves to the status. */
  async signIn(name: string, password: string): Promise<number> {
    return (await this.post("/sign-in", { name, password })).status;
  }

  /** Gives the password and a code; resolves to the status of the last answer. */
  async signInWithCode(name: string, password: string, code: string): Promise<number> {
    const { status, body } = await this.post("/sign-in", { name, password });
    const ticket = /name="ticket" value="([^"]+)"/.exec(body)?.[1];
    return ticket === undefined ? status : (await this.post("/sign-in/code", { ticket, code })).status;
  }

  /** Signs out, and stays known. */
  async signOut(): Promise<void> {
    await this.post("/sign-out");
  }

  /** Has the cookies of another browser. */
  copyCookies(other: FormBrowser): void {
    for (const [name, value] of other.#cookies) this.#cookies.set(name, value);
  }

  async #send(request: { method?: string; path: string; body?: string }): Promise<RawAnswer> {
    const { port, origin } = this.#target;
    const Cookie = [...this.#cookies].map((pair) => pair.join("=")).join("; ");
    const answer = await sendRaw(port, {
      ...request,
      headers: {
        "Content-Type": "application/x-www-form-urlencoded",
        Accept: "text/html",
        Origin: origin,
        "X-Forwarded-For": this.#address,
        ...(Cookie && { Cookie }),
      },
    });
    const set = answer.headers.get("set-cookie") ?? "";
    for (const [, name, value] of set.matchAll(/((?:__Host-)?porthole[\w-]*)=([^;]*);/g)) {
      if (value === "") this.#cookies.delete(name!);
      else this.#cookies.set(name!, value!);
    }
    return answer;
  }
}
