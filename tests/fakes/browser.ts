/** A browser without a page: keeps cookies by host and follows redirects, as far as a test lets it. */

/** What a browser ended at. */
export interface Visited {
  readonly url: URL;
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();
  readonly #headers: Record<string, string>;

  constructor(headers: Record<string, string> = {}) {
    this.#headers = { accept: "text/html", ...headers };
  }

  /** Goes to an address and on to where it is sent, unless `stop` picks the next address: then it is given as the end. */
  async visit(address: string | URL, stop: (next: URL) => boolean = () => false): Promise<Visited> {
    let url = new URL(address);
    for (let hops = 0; hops < 20; hops++) {
      const visited = await this.send(url);
      const location = visited.headers.get("location");
      if (location === null) return visited;
      url = new URL(location, url);
      if (stop(url)) return { ...visited, url };
    }
    throw new Error(`Too many redirects, at ${url}`);
  }

  /** Sends one request and follows nothing. */
  async send(url: URL, init: RequestInit = {}): Promise<Visited> {
    const jar = this.#jarOf(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...this.#headers, ...(cookie && { cookie }), ...init.headers as Record<string, string> };
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) this.#keep(jar, line);
    return { url, status: response.status, text: await response.text(), headers: response.headers };
  }

  /** The names of the cookies that an address would be sent. */
  cookieNames(address: string): string[] {
    return [...this.#jarOf(new URL(address)).keys()].sort();
  }

  /** By port too, unlike in a real browser: gateway and provider share a host here and must not meet. */
  #jarOf({ host }: URL): Map<string, string> {
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, jar);
    return jar;
  }

  #keep(jar: Map<string, string>, line: string): void {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    const isOver = /; *max-age=0\b/i.test(line) || /; *expires=Thu, 01 Jan 1970/i.test(line);
    if (isOver) jar.delete(name);
    else jar.set(name, value);
  }
}
