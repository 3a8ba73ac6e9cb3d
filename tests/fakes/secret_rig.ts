/** A gateway between two captures, with everything that it says to anybody but the source. */
import { openFileStores } from "../../src/store/file_stores.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { Capture } from "./capture.ts";
import { startGateway } from "./gateway.ts";
import { toSearchable } from "./secret_forms.ts";
import { waitUntil } from "./wait_until.ts";
import { openViewer, type TestViewer } from "./web_viewer.ts";

const PATHS = [
  "/",
  "/site/vnc/pi",
  "/site/vnc/nobody",
  "/trust",
  "/ca.crt",
  "/healthz",
  "/readyz",
  "/metrics",
  "/nothing",
];
const API_PATHS = ["", "/pi", "/pi/probe", "/nobody"].map((path) => `/api/sources${path}`);

/** What was said: each place with its text, one character for each byte. */
export type Said = ReadonlyMap<string, string>;

/** One source named pi behind a gateway, both links recorded. */
export class SecretRig implements AsyncDisposable {
  /** The gateway's link to the source. */
  readonly source: Capture;
  readonly #browser: Capture;
  readonly #answers: string[] = [];
  readonly #lines: string[];
  readonly #dataDir: string;
  readonly #stack: AsyncDisposableStack;
  readonly #viewers: TestViewer[] = [];

  private constructor(
    parts: { source: Capture; browser: Capture; lines: string[]; dataDir: string },
    stack: AsyncDisposableStack,
  ) {
    this.source = parts.source;
    this.#browser = parts.browser;
    this.#lines = parts.lines;
    this.#dataDir = parts.dataDir;
    this.#stack = stack;
  }

  /** Starts it; `settings` are those of the source, beside its address. */
  static async start(port: number, settings: Record<string, unknown>, format: "text" | "json"): Promise<SecretRig> {
    await using stack = new AsyncDisposableStack();
    const dataDir = await Deno.makeTempDir();
    stack.defer(() => Deno.remove(dataDir, { recursive: true }));
    const source = stack.use(new Capture(port));
    const pi = { host: "127.0.0.1", port: source.port, ...settings };
    const lines: string[] = [];
    const log = createLog({ format, level: "debug", write: (line) => lines.push(line) });
    const yaml = JSON.stringify({ auth: "none", sources: { pi } });
    const stores = openFileStores({ folder: dataDir });
    const gateway = stack.use(await startGateway(yaml, { log, stores }));
    gateway.gateway.applyConfig();
    const browser = stack.use(new Capture(gateway.port));
    return new SecretRig({ source, browser, lines, dataDir }, stack.move());
  }

  /** Opens the source as our page does. */
  view(): TestViewer {
    const viewer = openViewer(`ws://127.0.0.1:${this.#browser.port}/ws/vnc/pi`, ["porthole.v1"]);
    this.#viewers.push(viewer);
    return viewer;
  }

  /** Waits until a line of the log has these words. */
  async untilLogged(words: string): Promise<void> {
    await waitUntil(() => this.#lines.some((line) => line.includes(words)));
  }

  /** Asks for every page and answer that there is, as a browser and as a program. */
  async askEverything(): Promise<void> {
    for (const path of [...PATHS, ...API_PATHS, "/api/sessions", "/api/openapi.json"]) {
      for (const accept of ["text/html", "application/json"]) {
        const headers = { accept, "accept-encoding": "identity" };
        const answer = await fetch(`http://127.0.0.1:${this.#browser.port}${path}`, { headers });
        this.#answers.push(await answer.text());
      }
    }
  }

  /** All that was said by now. */
  async listen(): Promise<Said> {
    const said = new Map([
      ["the browser's wire", toSearchable(this.#browser.down)],
      ["an answer", this.#answers.join("\n")],
      ["the log", this.#lines.join("\n")],
      ["a close", JSON.stringify(await Promise.all(this.#viewers.map(({ closed }) => closed)))],
    ]);
    for await (const { name, isFile } of Deno.readDir(this.#dataDir)) {
      if (isFile) said.set(`data/${name}`, toSearchable(await Deno.readFile(`${this.#dataDir}/${name}`)));
    }
    return said;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
