/** What the gateway is compared with: websockify in Python, and the relay in C of the project websockify-other. */
import { waitUntil } from "../fakes/wait_until.ts";
import { accepts, findFreePort } from "../live/programs.ts";
import { startProcess } from "./processes.ts";
import { listHosts, place, type Setting, type Subject } from "./subjects.ts";

/** At the 508th session websockify's select() says "filedescriptor out of range": two for each child, and 1,024 at most. */
const WEBSOCKIFY_SESSIONS = 480;
/** Where Debian's package puts noVNC's own page. */
const NOVNC_FOLDER = "/usr/share/novnc";
/** The page of it that has everything. */
export const NOVNC_PAGE = `${NOVNC_FOLDER}/vnc.html`;
/** The relay in C forks for each session too, but holds no list of its children. */
const C_SESSIONS = 1000;

/** Starts websockify with its token routing, and with noVNC's page where that is installed. */
export async function startWebsockify(path: string, setting: Setting): Promise<Subject> {
  const hosts = listHosts(setting);
  const tokens = await Deno.makeTempFile({ dir: setting.folder });
  const lines = Object.entries(setting.ports).map(([name, port]) => `${name}: ${hosts.source}:${port}\n`);
  await Deno.writeTextFile(tokens, lines.join(""));
  const port = findFreePort();
  const { certificate } = setting;
  const tls = certificate === undefined ? [] : ["--ssl-only", "--cert", certificate.cert, "--key", certificate.key];
  const routing = ["--token-plugin", "TokenFile", "--token-source", tokens];
  const web = await Deno.stat(NOVNC_FOLDER).then(() => ["--web", NOVNC_FOLDER], () => []);
  const args = [...tls, ...routing, ...web, `${hosts.subject}:${port}`];
  const process = startProcess(...place(setting, "gateway", path, args));
  await waitForPort(setting, port);
  const secure = certificate === undefined ? "" : "s";
  return {
    name: "websockify",
    pids: [process.pid],
    mostSessions: WEBSOCKIFY_SESSIONS,
    urlOf: (source) => `ws${secure}://${hosts.subject}:${port}/websockify?token=${source}`,
    ...(web.length > 0 && {
      pageOf: (source) =>
        `http${secure}://${hosts.subject}:${port}/vnc.html?autoconnect=1&path=${
          encodeURIComponent(`websockify?token=${source}`)
        }`,
    }),
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

/** Waits until somebody listens there. */
async function waitForPort(setting: Setting, port: number): Promise<void> {
  if (setting.network === undefined) return void await waitUntil(() => accepts(port), "websockify");
  const script = `const conn = await Deno.connect({ hostname: "${
    listHosts(setting).subject
  }", port: ${port} }); conn.close()`;
  const [command, args] = place(setting, "gateway", Deno.execPath(), ["eval", "--quiet", script]);
  const connect = () => new Deno.Command(command, { args, stderr: "null" }).output();
  await waitUntil(async () => (await connect()).success, "websockify");
}

/** Builds the relay in C from a checkout of websockify-other, or of its folder `c`; returns the path of the program. */
export async function buildCRelay(checkout: string, folder: string): Promise<string> {
  const isInner = await Deno.stat(`${checkout}/websockify.c`).then(() => true, () => false);
  const source = isInner ? checkout : `${checkout}/c`;
  const program = `${folder}/c_relay`;
  const args = ["-O2", "-o", program, `${source}/websockify.c`, `${source}/websocket.c`, "-lssl", "-lcrypto"];
  const { success, stderr } = await new Deno.Command("cc", { args, stderr: "piped" }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return program;
}

/** Starts the relay in C, one process for each port, since it knows no routing. */
export async function startCRelay(program: string, { ports, certificate }: Setting): Promise<Subject> {
  await using stack = new AsyncDisposableStack();
  const tls = certificate === undefined ? [] : ["--ssl-only", "--cert", certificate.cert, "--key", certificate.key];
  const pids: number[] = [];
  const own = new Map<string, number>();
  for (const [name, port] of Object.entries(ports)) {
    const listening = findFreePort();
    const process = stack.use(startProcess(program, [...tls, `127.0.0.1:${listening}`, `127.0.0.1:${port}`]));
    await waitUntil(() => accepts(listening), "the relay in C");
    pids.push(process.pid);
    own.set(name, listening);
  }
  const running = stack.move();
  return {
    name: "C relay",
    pids,
    mostSessions: C_SESSIONS,
    urlOf: (source) => `ws${certificate === undefined ? "" : "s"}://127.0.0.1:${own.get(source)}/`,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
