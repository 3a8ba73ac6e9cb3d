/** The program under the soak, started as users start it: its configuration, its certificate, its log and its costs. */
import { hashToken } from "../../src/access/opaque_token.ts";
import { makeCa, makeLeaf, type Signed } from "../../src/tls/ca.ts";
import { readTask } from "../fakes/packaging.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { Place, type Porthole } from "../process/porthole.ts";

const ADMIN_TOKEN = "the-token-of-the-soak";
const NAMES = ["127.0.0.1"];
/** A request that is not answered by then never will be. */
const ANSWER_MS = 60_000;

/** What may be edited while the gateway runs. */
export interface Edits {
  /** Further sources that lead nowhere. */
  readonly extras: number;
  /** Tokens besides the administrator's. */
  readonly tokens: readonly string[];
}

/** What came back of a request. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

const NOTHING: Edits = { extras: 0, tokens: [] };

interface SoakGatewayOptions {
  /** The lines of `sources`, as YAML with an indentation of two. */
  readonly sources: string;
  /** Hash of the password of bob. */
  readonly hash: string;
}

/** A running gateway on TLS, with a certificate of a CA that the driver trusts. */
export class SoakGateway implements AsyncDisposable {
  readonly port: number;
  /** Its configuration as it was last written without a mistake. */
  edits: Edits = NOTHING;
  readonly #place: Place;
  readonly #program: Porthole;
  readonly #ca: Signed;
  readonly #client: Deno.HttpClient;
  readonly #options: SoakGatewayOptions;
  #readTo = 0;
  #edited = 0;

  private constructor(place: Place, program: Porthole & { url: URL }, ca: Signed, options: SoakGatewayOptions) {
    this.port = Number(program.url.port);
    this.#place = place;
    this.#program = program;
    this.#ca = ca;
    this.#options = options;
    this.#client = Deno.createHttpClient({ caCerts: [ca.cert], http2: false, poolMaxIdlePerHost: 0 });
  }

  static async start(options: SoakGatewayOptions): Promise<SoakGateway> {
    const place = await Place.make();
    const ca = await makeCa({ host: "soak", names: NAMES, nowMs: Date.now() });
    await writeCertificate(place.folder, ca);
    await place.edit(writeYaml(options, NOTHING, "Edited 0"));
    const words = readTask("start");
    const settings = words.slice(0, words.indexOf("deno")).map((word) => word.split("=") as [string, string]);
    const program = await place.serve([], { env: { ...Object.fromEntries(settings), PORTHOLE_LOG: "json" } });
    return new SoakGateway(place, program, ca, options);
  }

  /** Resolves when the program has ended. */
  get ended(): Promise<{ readonly code: number }> {
    return this.#program.ended;
  }

  /** What the program has said on stderr. */
  get log(): string {
    return this.#program.said("stderr");
  }

  /** The lines of the log that came since the last call. */
  takeLines(): string[] {
    const { log } = this;
    const end = log.lastIndexOf("\n") + 1;
    const lines = log.slice(this.#readTo, end).split("\n").filter((line) => line !== "");
    this.#readTo = Math.max(this.#readTo, end);
    return lines;
  }

  /** Makes a request on a connection of its own; as the administrator, unless the headers say as whom. */
  async request(path: string, { headers, ...init }: RequestInit = {}): Promise<Answer> {
    const answer = await fetch(`https://127.0.0.1:${this.port}${path}`, {
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_MS),
      ...init,
      headers: headers ?? { authorization: `Bearer ${ADMIN_TOKEN}` },
      client: this.#client,
    });
    const { status, headers: sent } = answer;
    return { status, headers: sent, body: await answer.text() };
  }

  /** The options of a WebSocket of the administrator. */
  get socketOptions(): Readonly<Record<string, unknown>> {
    return { client: this.#client, headers: this.bearer() };
  }

  /** The headers of a viewer with this token, or with the administrator's. */
  bearer(token = ADMIN_TOKEN): Record<string, string> {
    return { authorization: `Bearer ${token}` };
  }

  /** Writes the configuration in place, as an editor does, and waits until it is in force. */
  async edit(edits: Edits): Promise<void> {
    this.edits = edits;
    // The title tells one edit from another.
    const title = `Edited ${++this.#edited}`;
    await this.#place.edit(writeYaml(this.#options, edits, title));
    await waitUntil(async () => {
      const { body } = await this.request("/api/sources").catch(() => ({ body: "" }));
      return body.includes(JSON.stringify(title));
    }, "the edited configuration");
  }

  /** Writes a configuration with a mistake, waits until it is refused, and takes it back. */
  async breakConfiguration(): Promise<void> {
    const before = this.log.length;
    await this.#place.edit(`${writeYaml(this.#options, this.edits, "Broken")}  broken: { port: many }\n`);
    await waitUntil(() => this.log.slice(before).includes("sources.broken"), "the complaint about the configuration");
    await this.edit(this.edits);
  }

  /** Replaces the certificate, and waits until the gateway says that it uses the new one. */
  async renewCertificate(): Promise<void> {
    const before = this.log.length;
    await writeCertificate(this.#place.folder, this.#ca);
    await waitUntil(() => this.log.slice(before).includes("Using the renewed certificate"), "the renewed certificate");
  }

  /** Asks for the valve to open, and says whether it did. */
  async openValve(): Promise<boolean> {
    const before = this.log.length;
    this.signal("SIGUSR2");
    const answer = await waitUntil(
      () => /"(Ending|Not ending) every connection/.exec(this.log.slice(before))?.[1],
      "the answer to SIGUSR2",
    );
    return answer === "Ending";
  }

  signal(name: Deno.Signal): void {
    this.#program.signal(name);
  }

  /**
   * Descriptors that the program has open, without those that it counts with: once a second, it gives its reserve back for
   * a moment, and opens some more.
   */
  countDescriptors(): number {
    const folder = `/proc/${this.#program.pid}/fd`;
    return [...Deno.readDirSync(folder)].filter(({ name }) => !isForCounting(`${folder}/${name}`)).length;
  }

  /** Resident memory of the program in MiB. */
  readMemory(): number {
    const status = Deno.readTextFileSync(`/proc/${this.#program.pid}/status`);
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    await this.#place[Symbol.asyncDispose]();
  }
}

/** One that has been closed meanwhile was open for a moment as well. */
function isForCounting(descriptor: string): boolean {
  try {
    return Deno.readLinkSync(descriptor).endsWith("/src/valve/descriptors.ts");
  } catch {
    return true;
  }
}

async function writeCertificate(folder: string, ca: Signed): Promise<void> {
  const { cert, key } = await makeLeaf({ ca, names: NAMES, nowMs: Date.now() });
  await Deno.writeTextFile(`${folder}/cert.pem`, cert);
  await Deno.writeTextFile(`${folder}/key.pem`, key);
}

/** The limits are those of a gateway whose viewers all come from one address. */
function writeYaml({ sources, hash }: SoakGatewayOptions, { extras, tokens }: Edits, title: string): string {
  const listed = [["soak", ADMIN_TOKEN, "admin"], ...tokens.map((token, at) => [`guest${at}`, token, "control"])];
  return `gateway:
  listen: 127.0.0.1:0
  tls: { cert: cert.pem, key: key.pem }
auth:
  users:
    bob: { password: "${hash}" }
    ada: { password: "${hash}" }
  tokens:
${
    listed.map(([name, token, scope]) =>
      `    - { name: ${name}, hash: "sha256:${hashToken(token!)}", scopes: [${scope}] }\n`
    ).join("")
  }
limits:
  per_source: 512
  per_address: 512
  per_user: 512
  handshakes: 512
  connects_per_minute: 100000
  sign_ins_per_minute: 100000
sources:
${sources}  edited: { demo: true, title: ${title} }
${Array.from({ length: extras }, (_, at) => `  extra${at}: { host: 127.0.0.1, port: 1, look: off }\n`).join("")}`;
}
